using System.Text.Json.Nodes;

namespace Interop.Bench;

/// <summary>A WhatsApp business number of the bench, and its trunks.</summary>
/// <param name="Number">Digits; its phone_number_id is derived from it.</param>
/// <param name="Trunks">Names of trunks, the first choice first.</param>
public sealed record BenchChannel(string Number, params IReadOnlyList<string> Trunks)
{
    public string PhoneNumberId => "9" + Number;

    public string? Target { get; init; }
}

/// <summary>The configuration of the gateway under test, beyond the common part of all benches.</summary>
public sealed record GatewaySettings
{
    public required IReadOnlyList<BenchChannel> Channels { get; init; }

    /// <summary>Members of sip.trunks as the configuration file writes them.</summary>
    public required IReadOnlyList<JsonObject> Trunks { get; init; }

    /// <summary>sip.registrar; null: there is none.</summary>
    public JsonObject? Registrar { get; init; }

    /// <summary>The gateway listens for phones in browsers.</summary>
    public bool HasWebSocket { get; init; }

    /// <summary>recording.folder; null: messages of callers are not recorded.</summary>
    public string? RecordingFolder { get; init; }

    /// <summary>Members of calls.</summary>
    public JsonObject Calls { get; init; } = [];

    public string DrainDeadline { get; init; } = "00:00:02";

    /// <summary>The time that a call's ports stay unused after it.</summary>
    public string Quarantine { get; init; } = "00:00:05";

    /// <summary>The gateway is a process of its own, and none of its parts can be asked for.</summary>
    public bool IsProcess { get; init; }

    public int MaxCalls { get; init; } = 100;

    /// <summary>node.clusterKeys; empty: calls of a lost node are ended.</summary>
    public IReadOnlyList<string> ClusterKeys { get; init; } = [];

    /// <summary>Folder of PBX profiles; null: the gateway's own.</summary>
    public string? Profiles { get; init; }

    public static JsonObject Trunk(string name, int port, params ReadOnlySpan<(string Key, JsonNode? Value)> more)
    {
        var trunk = new JsonObject { ["name"] = name, ["server"] = $"127.0.0.1:{port}", ["profile"] = "asterisk", ["transport"] = "Udp" };
        foreach (var (key, value) in more)
            trunk[key] = value;
        return trunk;
    }
}
