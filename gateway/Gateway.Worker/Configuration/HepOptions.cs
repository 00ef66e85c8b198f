namespace Gateway.Worker.Configuration;

/// <summary>A copy of SIP and of the calls' events for a capture server (Homer, HEP version 3).</summary>
public sealed record HepOptions
{
    /// <summary>"udp:HOST:9060" or "tcp:HOST:9060"; null: nothing is sent.</summary>
    public string? Endpoint { get; init; }

    /// <summary>The number of this agent at the server; each node best has its own.</summary>
    public uint Agent { get; init; } = 2001;

    /// <summary>What the server asks agents for; null: nothing.</summary>
    public Secret? Password { get; init; }

    internal IEnumerable<string> Validate()
    {
        if (Endpoint is not null && !TryParse(Endpoint, out _, out _, out _))
            yield return $"endpoint: '{Endpoint}' is not of the form udp:HOST:PORT or tcp:HOST:PORT.";
    }

    /// <summary>The parts of an endpoint; false: it is none.</summary>
    internal static bool TryParse(string endpoint, out bool isTcp, out string host, out int port)
    {
        (isTcp, host, port) = (false, "", 0);
        var first = endpoint.IndexOf(':', StringComparison.Ordinal);
        var last = endpoint.LastIndexOf(':');
        if (first < 0 || last <= first + 1 || !int.TryParse(endpoint.AsSpan(last + 1), out port) || port is < 1 or > 65535)
            return false;
        (isTcp, host) = (endpoint[..first] == "tcp", endpoint[(first + 1)..last].Trim('[', ']'));
        return isTcp || endpoint[..first] == "udp";
    }
}
