using Media.Engine.Legs;
using Media.Protocols.Sdp;

namespace Media.Engine;

/// <summary>Why a description was not accepted or could not be made. A closed set: operators and metrics see these names.</summary>
public enum SdpRefusal
{
    /// <summary>Not refused.</summary>
    None,

    /// <summary>The text is not a session description, or breaks a limit.</summary>
    Malformed,

    /// <summary>No audio media, or only one that is disabled (port 0).</summary>
    NoAudio,

    /// <summary>No codec both sides can speak.</summary>
    NoCommonCodec,

    /// <summary>ICE credentials or usable candidates are missing.</summary>
    NoIce,

    /// <summary>There is no usable fingerprint, or the DTLS role is not acceptable.</summary>
    NoDtls,

    /// <summary>The profile requires SRTP and the peer offers none, or the peer requires what the profile forbids.</summary>
    Security,

    /// <summary>The audio is offered over a transport that this leg does not speak: DTLS from a PBX, plain RTP from WhatsApp, TCP.</summary>
    Transport,

    /// <summary>The peer's media address is missing or of a family that has no local binding.</summary>
    NoAddress,

    /// <summary>No PBX port pair could be opened.</summary>
    NoPorts,

    /// <summary>This step does not fit what the call has done so far (an answer without an offer, for example).</summary>
    WrongState,

    /// <summary>The call was released, or the engine stopped.</summary>
    Released,

    /// <summary>A failure inside the engine; the call has ended with <see cref="MediaEvent.Failed"/>.</summary>
    Internal,
}

/// <summary>The outcome of one offer/answer step: a description, success without one, or a refusal.</summary>
/// <param name="Sdp">CRLF text to send to the peer; null where the step produces none.</param>
/// <param name="Refusal"><see cref="SdpRefusal.None"/> on success.</param>
/// <param name="Detail">For a log line; never holds keys or addresses.</param>
public readonly record struct SdpResult(string? Sdp, SdpRefusal Refusal = SdpRefusal.None, string? Detail = null)
{
    /// <summary>What exactly was wrong with the peer's description, where that is why.</summary>
    public SdpError Error { get; private init; }

    /// <summary>The step succeeded.</summary>
    public bool Succeeded => Refusal == SdpRefusal.None;

    internal static SdpResult Refused(SdpRefusal refusal, string? detail = null) => new(null, refusal, detail);

    internal static SdpResult Refused(SdpError error) => new(null, SdpRefusals.From(error), error.ToString()) { Error = error };
}
