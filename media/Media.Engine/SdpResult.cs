using Media.Protocols.Sdp;

namespace Media.Engine;

/// <summary>The outcome of one offer/answer step: a description, success without one, or a refusal.</summary>
/// <param name="Sdp">CRLF text to send to the peer; null where the step produces none.</param>
/// <param name="Refusal"><see cref="SdpRefusal.None"/> on success.</param>
/// <param name="Detail">For a log line; never holds keys or addresses.</param>
public readonly record struct SdpResult(string? Sdp, SdpRefusal Refusal = SdpRefusal.None, string? Detail = null)
{
    /// <summary>The exact fault of the peer's description, where that is the reason.</summary>
    public SdpError Error { get; private init; }

    /// <summary>The step succeeded.</summary>
    public bool Succeeded => Refusal == SdpRefusal.None;

    internal static SdpResult Refused(SdpRefusal refusal, string? detail = null) => new(null, refusal, detail);

    internal static SdpResult Refused(SdpError error) => new(null, SdpRefusals.From(error), error.ToString()) { Error = error };
}
