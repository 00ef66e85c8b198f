using System.Collections.Concurrent;
using Gateway.Calls.Lifecycle;
using Gateway.Storage.Directory;
using Media.Engine.Audio;

namespace Gateway.Worker.Agents;

/// <summary>The audio files that callers hear, by name and language: fetched once and shared by all calls.</summary>
internal sealed partial class AudioLibrary(AgentDirectory directory, AudioStore store, TimeProvider time, ILogger<AudioLibrary> logger)
{
    /// <summary>So much is kept in memory: an hour at both rates.</summary>
    private const int MaxSeconds = 3600;

    private static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, Task<AudioClip?>> _clips = new();
    private double _seconds;

    /// <summary>True where there is a file of that name: one of a series may be missing.</summary>
    public bool Has(string name, string language) => directory.FindAudio(name, language) is not null;

    /// <summary>The clips of these names in order; those that are not there are left out, and said in the log.</summary>
    public async Task<IReadOnlyList<AudioClip>> FindAsync(IEnumerable<string> names, string language)
    {
        List<AudioClip> clips = [];
        foreach (var name in names)
            if (await FindAsync(name, language) is { } clip)
                clips.Add(clip);
        return clips;
    }

    /// <summary>Null: there is no such file, or it cannot be read now.</summary>
    public async Task<AudioClip?> FindAsync(string name, string language)
    {
        if (name == CallDecision.Play.Music)
            return BuiltInClips.HoldMusic;
        if (directory.FindAudio(name, language) is not { } file)
        {
            LogMissing(name, language);
            return null;
        }
        var key = file.Checksum + file.Language + file.Name;
        var reading = _clips.GetOrAdd(key, _ => ReadAsync(file));
        await Task.WhenAny(reading, Task.Delay(ReadTimeout, time));
        if (!reading.IsCompleted)
            return null; // the call's phones do not wait for the store; the next one finds it read
        var clip = await reading;
        if (clip is null)
            _clips.TryRemove(key, out _); // the next call tries again
        return clip;
    }

    private async Task<AudioClip?> ReadAsync(AudioName file)
    {
        try
        {
            var narrow = await store.SamplesAsync(file.Name, file.Language, 8000, CancellationToken.None);
            var wide = await store.SamplesAsync(file.Name, file.Language, 16000, CancellationToken.None);
            if (narrow is null || wide is null)
                return null;
            var clip = new AudioClip(file.Name, narrow, wide);
            MakeRoom(clip.Length.TotalSeconds);
            return clip;
        }
        catch (Exception e) // Whatever keeps it from being read, the call goes on without it.
        {
            LogUnreadable(file.Name, e.Message);
            return null;
        }
    }

    /// <summary>Files that were replaced stay until so much has gathered; those in use live on with their calls.</summary>
    private void MakeRoom(double seconds)
    {
        lock (_clips)
        {
            if (_seconds + seconds > MaxSeconds)
            {
                _clips.Clear();
                _seconds = 0;
            }
            _seconds += seconds;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A flow names audio file {Name}, which is not there in {Language} or any language")]
    private partial void LogMissing(string name, string language);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Audio file {Name} cannot be read: {Reason}")]
    private partial void LogUnreadable(string name, string reason);
}
