using Gateway.Calls;
using Gateway.Calls.Records;
using Gateway.Calls.Tracing;
using Gateway.Sip.Trunks;

namespace Gateway.Worker.Tracing;

/// <summary>
/// Says of a trunk that failed a call what is wrong with it, where the gateway knows more than the call's own messages show.
/// </summary>
internal static class TraceTrunks
{
    private const string Tls = "TLS: ", Refused = "REGISTER answered ";

    /// <summary>Null: the trunk is well, or had nothing to do with it.</summary>
    public static TraceEntry? Of(CallRecord record, Func<string, TrunkHealth?> health)
    {
        if (record is not { Trunk: { } trunk, Cause: HangupCause.PbxUnreachable or HangupCause.PbxFailed or HangupCause.NoRoute }
            || health(trunk) is not { CanCarryCalls: false, Cause: { } cause } bad)
            return null;
        var isWhy = true;
        var text = OfTls(cause) ?? (bad.Registered == false && cause.StartsWith(Refused, StringComparison.Ordinal)
            ? OfRegistration(trunk, cause) : null);
        if (text is null)
            (text, isWhy) = ($"trunk {trunk} is down: {cause}", false); // the call's own messages may say it better
        return new TraceEntry(record.EndedAt, TraceKind.Trunk, text) { Peer = TracePeer.Pbx, Trunk = trunk, IsFailure = isWhy };
    }

    /// <summary>Null: it is no refusal of a certificate.</summary>
    public static string? OfTls(string reason) =>
        reason.StartsWith(Tls, StringComparison.Ordinal) ? $"the PBX's certificate is not trusted: {reason[Tls.Length..]}" : null;

    private static string OfRegistration(string trunk, string cause)
    {
        var status = cause[Refused.Length..];
        return status.StartsWith("401", StringComparison.Ordinal) || status.StartsWith("403", StringComparison.Ordinal)
            || status.StartsWith("407", StringComparison.Ordinal)
            ? $"wrong registration password on trunk {trunk}: {cause}" : $"trunk {trunk} is not registered: {cause}";
    }
}
