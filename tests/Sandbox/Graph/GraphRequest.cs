using System.Text.Json;
using System.Text.Json.Nodes;
using Sandbox.Numbers;

namespace Sandbox.Graph;

/// <summary>One authenticated Graph request and its body, if it has one.</summary>
public sealed record GraphRequest(HttpContext Http, BusinessNumber Number, JsonObject Body)
{
    /// <summary>A string member, by path; null when absent or not a string.</summary>
    public string? Text(params ReadOnlySpan<string> path)
    {
        JsonNode? node = Body;
        foreach (var name in path)
            node = (node as JsonObject)?[name];
        return node is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;
    }
}

/// <summary>The answer: a fault, or a body for 200, and the action to run once it has been sent.</summary>
public sealed record GraphAnswer(GraphFault? Fault, JsonObject? Body = null, Func<Task>? Afterwards = null)
{
    public static GraphAnswer Success => new(null, new JsonObject { ["messaging_product"] = "whatsapp", ["success"] = true });

    public static implicit operator GraphAnswer(GraphFault fault) => new(fault);
}
