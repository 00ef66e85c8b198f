using System.Text.Json;
using Gateway.Calls.Tracing;

namespace Gateway.Storage.Tracing;

/// <summary>A trace as text, for the way from the node that takes note of it: its row as JSON.</summary>
public static class CallTraceText
{
    public static string Write(CallTrace trace) => JsonSerializer.Serialize(CallTraceRow.Of(trace));

    /// <exception cref="JsonException">The text is not one that <see cref="Write"/> has made.</exception>
    public static CallTrace Read(string text) =>
        JsonSerializer.Deserialize<CallTraceRow>(text)?.ToTrace() ?? throw new JsonException("There is no trace in the text.");
}
