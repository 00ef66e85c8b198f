using Gateway.Calls;
using Gateway.Storage.Calls;
using Gateway.Worker.Configuration;

namespace Gateway.Worker.Agents;

/// <summary>The messages that callers leave at this node: a WAV file each in its folder, and its row in PostgreSQL.</summary>
internal sealed partial class Voicemails(GatewayOptions options, VoicemailStore store, TimeProvider time, ILogger<Voicemails> logger)
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(5);

    /// <summary>For as long as PostgreSQL is unavailable; after that the file alone is left, and the log says so.</summary>
    private const int Tries = 60;

    /// <summary>Opens the file of a new message. Null: recording is off, or the folder cannot be written.</summary>
    public FileStream? TryOpen(string id)
    {
        if (options.Recording.Folder is not { } folder)
            return null;
        try
        {
            Directory.CreateDirectory(folder);
            return new FileStream(Path.Combine(folder, NameOf(id)), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotWritable(folder, e.Message);
            return null;
        }
    }

    /// <summary>Keeps a message that is complete; an empty one is deleted.</summary>
    public async Task KeepAsync(string id, CallIdentity call, GroupId? group, TimeSpan length)
    {
        if (length < TimeSpan.FromSeconds(1))
        {
            File.Delete(Path.Combine(options.Recording.Folder!, NameOf(id)));
            return;
        }
        var message = new Voicemail(id, call.Id, call.Channel, call.User, group, call.Node, NameOf(id), length, time.GetUtcNow());
        for (var tries = 1; ; tries++)
        {
            try
            {
                await store.LeaveAsync(message, CancellationToken.None);
                return;
            }
            catch (Exception e) // Whatever keeps it from being stored: the file is there.
            {
                if (tries == Tries)
                {
                    LogLost(NameOf(id), e.Message);
                    return;
                }
            }
            await Task.Delay(Retry, time);
        }
    }

    private static string NameOf(string id) => $"{id}.wav";

    [LoggerMessage(Level = LogLevel.Error, Message = "A message cannot be recorded in {Folder}: {Reason}")]
    private partial void LogNotWritable(string folder, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Message {File} is on this node's disk and could not be listed: {Reason}")]
    private partial void LogLost(string file, string reason);
}
