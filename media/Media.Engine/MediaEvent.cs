using Media.Protocols.Primitives;
using Media.Protocols.Quality;

namespace Media.Engine;

/// <summary>
/// The reason why the WhatsApp leg, or a phone that speaks WebRTC, did not come up or fell. A closed set: operators and metrics see these
/// names.
/// </summary>
public enum WebRtcFailure
{
    /// <summary>No candidate pair answered a connectivity check in time.</summary>
    IceFailed,

    /// <summary>The peer stopped answering consent checks (RFC 7675).</summary>
    ConsentLost,

    /// <summary>The certificate does not have the fingerprint of the session description.</summary>
    FingerprintMismatch,

    /// <summary>The handshake broke, or ended without a common SRTP profile.</summary>
    DtlsFailed,

    /// <summary>ICE connected, but the handshake did not finish in time.</summary>
    DtlsTimeout,

    /// <summary>The peer closed the DTLS association. In a connected call that is a hang-up, which no metric counts as a failure.</summary>
    DtlsClosed,
}

/// <summary>An event that a call's media reports to its owner. The channel is bounded; a family of values, matched by type.</summary>
public abstract record MediaEvent
{
    private MediaEvent()
    {
    }

    /// <summary>ICE has chosen a pair of candidates, or another one later on.</summary>
    /// <param name="Local">Our address.</param>
    /// <param name="Remote">The peer's, or its relay's.</param>
    public sealed record WhatsAppPath(TransportAddress Local, TransportAddress Remote) : MediaEvent;

    /// <summary>ICE and DTLS are up: audio can be opened.</summary>
    public sealed record WhatsAppConnected : MediaEvent;

    /// <summary>The WhatsApp leg is lost; it cannot be re-established inside this call.</summary>
    public sealed record WhatsAppFailed(WebRtcFailure Reason) : MediaEvent;

    /// <summary>The phone of the call, which speaks WebRTC, was not reached or is lost; another one may be described.</summary>
    public sealed record PbxFailed(WebRtcFailure Reason) : MediaEvent;

    /// <summary>The first audio packet of this leg arrived. Once a leg.</summary>
    public sealed record FirstAudio(CallLeg Leg) : MediaEvent;

    /// <summary>The PBX put the call on hold by renegotiation.</summary>
    public sealed record PbxHeld : MediaEvent;

    /// <summary>The PBX took the call back.</summary>
    public sealed record PbxResumed : MediaEvent;

    /// <summary>
    /// A key press arrived as an RFC 4733 event or in tones. <paramref name="WasPassed"/>: the other leg got it as an event already; false
    /// where none were agreed with that leg.
    /// </summary>
    public sealed record DigitReceived(CallLeg Leg, char Digit, TimeSpan Duration, bool WasPassed) : MediaEvent;

    /// <summary>
    /// A list of clips that does not repeat was played to its end; not where another took its place. The leg hears its treatment again.
    /// </summary>
    /// <param name="Leg">Who heard it.</param>
    /// <param name="Id">As <see cref="Loop.MediaCall.Play"/> gave it.</param>
    public sealed record PlayEnded(CallLeg Leg, long Id) : MediaEvent;

    /// <summary>A recording has ended and its file is closed; or, where that takes too long, it is not waited for.</summary>
    /// <param name="Leg">Who was recorded.</param>
    /// <param name="Id">As <see cref="Loop.MediaCall.Record"/> gave it.</param>
    /// <param name="Reason">What ended it.</param>
    /// <param name="Duration">Of the audio in the file.</param>
    public sealed record RecordingEnded(CallLeg Leg, long Id, RecordingEnd Reason, TimeSpan Duration) : MediaEvent;

    /// <summary>Nothing arrived from this leg for the configured time. Again after the next packet only.</summary>
    public sealed record MediaTimeout(CallLeg Leg) : MediaEvent;

    /// <summary>
    /// The quality of both legs since the last sample, each <see cref="MediaEngineOptions.SampleInterval"/> of a conversation, and at once
    /// when its audio becomes one-way.
    /// </summary>
    public sealed record Sampled(MediaSample Sample) : MediaEvent;

    /// <summary>A failure inside this call's media (codec, crypto, socket). The call carries no media any more; release it.</summary>
    public sealed record Failed(string Reason) : MediaEvent;
}
