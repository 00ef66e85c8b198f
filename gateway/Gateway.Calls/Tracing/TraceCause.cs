using System.Globalization;
using Gateway.Calls.Records;
using Gateway.Calls.Rules;
using Media.Protocols.Primitives;

namespace Gateway.Calls.Tracing;

/// <summary>Says in one line why a call ended, from its record and its trace: what an operator reads first.</summary>
public static class TraceCause
{
    /// <summary>True where something did not work: the call did not end as its parties wanted, or one of them was not heard.</summary>
    public static bool IsFailure(CallRecord record) => OneWay(record) is not null || record.Cause is not (
        HangupCause.WhatsAppHungUp or HangupCause.PbxHungUp or HangupCause.CallerGaveUp or HangupCause.Declined or HangupCause.Busy
        or HangupCause.NoAnswer or HangupCause.AnsweredElsewhere or HangupCause.FlowEnded or HangupCause.CallbackRequested
        or HangupCause.OperatorHungUp or HangupCause.MaxLengthReached);

    /// <param name="record">Of the ended call.</param>
    /// <param name="entries">Its trace, in the order of time.</param>
    public static string Of(CallRecord record, IReadOnlyList<TraceEntry> entries)
    {
        if (OneWay(record) is { } silent)
            return silent;
        return record.Cause switch
        {
            HangupCause.PbxUnreachable or HangupCause.PbxFailed or HangupCause.NoRoute => OfPbx(record, entries),
            HangupCause.MediaFailed => OfMedia(record, entries),
            HangupCause.IncompatibleMedia => OfDescription(record, entries),
            _ => Last(entries, TraceKind.Admission)?.Summary ?? OfMeta(record, entries) ?? Plain(record.Cause),
        };
    }

    private static string OfPbx(CallRecord record, IReadOnlyList<TraceEntry> entries) =>
        Last(entries, TraceKind.Admission)?.Summary
        ?? Last(entries, TraceKind.Trunk)?.Summary
        ?? OfSip(Last(entries, TraceKind.Sip))
        ?? OfMeta(record, entries)
        ?? Plain(record.Cause);

    private static string? OfSip(TraceEntry? failed) => failed switch
    {
        null => null,
        { Direction: TraceDirection.In } => $"PBX {failed.Trunk} answered {failed.Summary}",
        _ => $"PBX {failed.Trunk}: {failed.Summary}",
    };

    private static string? OfMeta(CallRecord record, IReadOnlyList<TraceEntry> entries) =>
        record.WhatsAppError is not { } error ? null
        : (Last(entries, TraceKind.Graph) ?? Last(entries, TraceKind.Webhook))?.Summary ?? $"Meta reported {Text(error)}";

    private static string OfMedia(CallRecord record, IReadOnlyList<TraceEntry> entries)
    {
        if (Last(entries, TraceKind.Ice) is { } ice)
            return ice.Summary;
        if (Last(entries, TraceKind.Dtls) is { } dtls)
            return dtls.Summary;
        if (OfMeta(record, entries) is { } said)
            return said;
        var began = entries.FirstOrDefault(entry => entry is { Kind: TraceKind.Media, Peer: TracePeer.None })?.At ?? record.StartedAt;
        var waited = Seconds(record.EndedAt - began);
        if (!entries.Any(entry => entry.Kind == TraceKind.Ice))
            return $"ICE: no check of the user was answered in {waited}";
        return entries.Any(entry => entry.Kind == TraceKind.Dtls) ? Plain(record.Cause) : $"DTLS: no handshake with the user in {waited}";
    }

    private static string OfDescription(CallRecord record, IReadOnlyList<TraceEntry> entries)
    {
        if (record.MediaFault is { } fault)
        {
            var codecs = entries.LastOrDefault(entry => entry is { Kind: TraceKind.Sip, Direction: TraceDirection.In, Codecs: not null });
            var side = fault.Leg == CallLeg.Pbx ? $"the PBX {record.Trunk}" : "WhatsApp";
            return fault.Reason == MediaFaultReason.NoCommonCodec && codecs is not null && fault.Leg == CallLeg.Pbx
                ? $"no common codec: {side} offers {codecs.Codecs} only"
                : $"the description of {side} was refused: {WireName.Of(fault.Reason)}";
        }
        return OfSip(Last(entries, TraceKind.Sip)) ?? OfMeta(record, entries) ?? Plain(record.Cause);
    }

    private static string? OneWay(CallRecord record) =>
        Silent(record.PbxQuality, $"the PBX{(record.Trunk is { } trunk ? " " + trunk : "")}") ?? Silent(record.WhatsAppQuality, "the user");

    private static string? Silent(LegQuality? leg, string who) =>
        leg is not { OneWay: true } ? null
        : leg.PacketsReceived == 0 ? $"one-way audio: nothing heard from {who}" : $"one-way audio: nothing more heard from {who}";

    private static TraceEntry? Last(IReadOnlyList<TraceEntry> entries, TraceKind kind) =>
        entries.LastOrDefault(entry => entry.Kind == kind && entry.IsFailure);

    /// <summary>Meta's code and words, which may begin with the code once more.</summary>
    public static string Text(WhatsAppError error)
    {
        var code = error.Code.ToString(CultureInfo.InvariantCulture);
        var (again, words) = ($"(#{code}) ", error.Message);
        if (words.StartsWith(again, StringComparison.Ordinal))
            words = words[again.Length..];
        return $"{code} {words}{(error.Details is { } more && more != words ? $" ({more})" : "")}";
    }

    private static string Plain(HangupCause cause) => CauseTable.Refusal(cause).Text;

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{Math.Round(time.TotalSeconds)} s");
}
