using System.Globalization;

namespace Gateway.Worker.Configuration;

/// <summary>
/// The file descriptors that the process may hold open (RLIMIT_NOFILE; .NET raises the soft limit to the hard one at its start), divided
/// among what the options allow: calls with their media sockets, SIP and HTTP connections, and the rest. Where the limit is too low, each
/// gets only its part of it, so that a new call is refused and nothing already open is affected.
/// </summary>
/// <param name="Limit">Descriptors that the process may hold.</param>
/// <param name="Need">Descriptors that the configured limits may take together.</param>
/// <param name="Calls">Calls at one time.</param>
/// <param name="SipConnections">Accepted SIP connections; half as many may be opened by us.</param>
/// <param name="HttpConnections">HTTP connections.</param>
internal sealed record DescriptorBudget(int Limit, int Need, int Calls, int SipConnections, int HttpConnections)
{
    /// <summary>RTP and RTCP of the PBX side, and its share of the connections to Graph.</summary>
    private const int PerCall = 3;

    /// <summary>Program files, sockets of the media loops, the two stores, the record spool, logs.</summary>
    private const int Rest = 256;

    private const int MostSipConnections = 2000;

    public bool IsEnough => Limit >= Need;

    /// <summary>
    /// Calls in progress, refused ones until their record is written included: a few more than <see cref="Calls"/>, since a refusal is
    /// recorded too.
    /// </summary>
    public int Attempts => Calls + Calls / 10 + 10;

    public int SipOutgoing => Math.Max(SipConnections / 2, 8);

    public static DescriptorBudget Of(GatewayOptions options, int limit)
    {
        var need = options.Node.MaxCalls * PerCall + MostSipConnections + MostSipConnections / 2 + options.Http.MaxConnections + Rest;
        if (limit >= need)
            return new DescriptorBudget(limit, need, options.Node.MaxCalls, MostSipConnections, options.Http.MaxConnections);
        var free = Math.Max(limit - Math.Min(Rest, limit / 2), 16);
        return new DescriptorBudget(
            limit, need, Math.Clamp(free / 2 / PerCall, 1, options.Node.MaxCalls), Math.Min(free / 5, MostSipConnections),
            Math.Clamp(free / 8, 1, options.Http.MaxConnections));
    }

    /// <summary>The limit of this process; where the system does not report it, the usual 1024.</summary>
    public static int ReadLimit()
    {
        try
        {
            return ReadLimit(File.ReadAllText("/proc/self/limits"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ReadLimit("");
        }
    }

    /// <summary>"Max open files   1024   1048576   files" of proc(5): the soft limit.</summary>
    public static int ReadLimit(string limits)
    {
        const string Name = "Max open files";
        var line = limits.Split('\n').FirstOrDefault(text => text.StartsWith(Name, StringComparison.Ordinal));
        var soft = line?[Name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        if (soft == "unlimited")
            return int.MaxValue;
        return long.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? (int)Math.Min(value, int.MaxValue)
            : 1024;
    }

    /// <summary>Null, or the reason why new calls cannot be taken: nearly all descriptors are in use.</summary>
    public string? Shortage()
    {
        int used;
        try
        {
            used = Directory.EnumerateFileSystemEntries("/proc/self/fd").Count();
        }
        catch (DirectoryNotFoundException)
        {
            return null; // no proc file system here
        }
        catch (IOException)
        {
            return "no file descriptor is left";
        }
        return used < Limit - Limit / 20 ? null : $"{used} of {Limit} file descriptors are in use";
    }
}
