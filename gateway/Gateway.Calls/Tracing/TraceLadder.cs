using System.Globalization;
using System.Text;
using Media.Protocols.Primitives;

namespace Gateway.Calls.Tracing;

/// <summary>
/// Writes a trace as text: the cause, then a line for each entry between the columns of WhatsApp, the gateway and the PBX.
/// </summary>
public static class TraceLadder
{
    private const int KindWidth = 10;

    /// <param name="trace">The story.</param>
    /// <param name="user">The user as the reader may see them.</param>
    /// <param name="details">True: SIP messages in full, below their lines.</param>
    public static string Write(CallTrace trace, string user, bool details = false)
    {
        var text = new StringBuilder();
        Head(text, trace, user);
        foreach (var entry in trace.Entries)
        {
            Line(text, trace, entry, user);
            if (details && entry.Details is { } more)
                foreach (var line in more.Split('\n'))
                    text.Append(' ', 12).Append("| ").Append(TraceRedaction.Show(Printable(line.TrimEnd('\r')), user)).Append('\n');
        }
        if (trace.LeftOut > 0)
            text.Append(CultureInfo.InvariantCulture, $"{trace.LeftOut} entries of the middle were left out.\n");
        return text.ToString();
    }

    private static void Head(StringBuilder text, CallTrace trace, string user)
    {
        text.Append(trace.IsLive ? "So far: " : "Cause: ").Append(TraceRedaction.Show(Printable(trace.Summary), user)).Append('\n');
        text.Append("Call ").Append(trace.Call.Value).Append(", ").Append(WireName.Of(trace.Direction)).Append(", channel ")
            .Append(trace.Channel.Value).Append(CultureInfo.InvariantCulture, $", user {user}, node {trace.Node}\n");
        if (trace.WhatsAppId is { } id)
            text.Append(CultureInfo.InvariantCulture, $"WhatsApp's id {Printable(id.Value)}\n");
        text.Append(CultureInfo.InvariantCulture, $"{trace.StartedAt.UtcDateTime:yyyy-MM-dd HH:mm:ss.fff}Z to ")
            .Append(CultureInfo.InvariantCulture, $"{trace.EndedAt.UtcDateTime:HH:mm:ss.fff}Z, ")
            .Append(trace.Cause is { } cause ? WireName.Of(cause) : trace.IsLive ? "in progress" : "goes on at another node")
            .Append("\n\n");
        text.Append("   seconds  WhatsApp   gateway        PBX\n");
    }

    private static void Line(StringBuilder text, CallTrace trace, TraceEntry entry, string user)
    {
        text.Append(CultureInfo.InvariantCulture, $"{(entry.At - trace.StartedAt).TotalSeconds,10:0.000}  ")
            .Append(Arrow(entry)).Append("  ").Append(WireName.Of(entry.Kind).PadRight(KindWidth));
        if (entry.Trunk is { } trunk)
            text.Append(trunk).Append(": ");
        text.Append(TraceRedaction.Show(Printable(entry.Summary), user));
        if (entry.DurationMs is { } took)
            text.Append(CultureInfo.InvariantCulture, $" in {took:0} ms");
        if (entry.IsFailure)
            text.Append("  (!)");
        text.Append('\n');
    }

    private static string Arrow(TraceEntry entry) => (entry.Peer, entry.Direction) switch
    {
        (TracePeer.WhatsApp, TraceDirection.In) => "|-------------->|              |",
        (TracePeer.WhatsApp, TraceDirection.Out) => "|<--------------|              |",
        (TracePeer.Pbx, TraceDirection.In) => "|               |<-------------|",
        (TracePeer.Pbx, TraceDirection.Out) => "|               |------------->|",
        (TracePeer.WhatsApp, _) => "|        * * * *|              |",
        (TracePeer.Pbx, _) => "|               |* * * *       |",
        _ => "|               *              |",
    };

    /// <summary>A peer's text moves no cursor and ends no line.</summary>
    private static string Printable(string text) => string.Create(text.Length, text, static (to, from) =>
    {
        for (var i = 0; i < from.Length; i++)
            to[i] = char.IsControl(from[i]) ? ' ' : from[i];
    });
}
