using System.Threading.Channels;

namespace Media.Engine;

/// <summary>
/// One call's media: the handle its owner holds. Every method may be called from any thread; the work is done by the loop that owns the
/// call, in the order of the calls. Nothing here throws for what a peer sent: refusals are values.
/// </summary>
public sealed class MediaCall
{
    private readonly Channel<MediaEvent> _events = Channel.CreateBounded<MediaEvent>(256);

    private MediaQuality _quality;

    internal MediaCall()
    {
    }

    /// <summary>What happened, in order; completed by <see cref="ReleaseAsync"/>. Bounded: a reader that falls 256 events behind loses digits first.</summary>
    public ChannelReader<MediaEvent> Events => _events.Reader;

    /// <summary>Takes WhatsApp's offer (the user calls) and gives the one answer of this call, the same at every repetition; ICE starts.</summary>
    public Task<SdpResult> AnswerWhatsAppOfferAsync(string offer) => Pending(offer);

    /// <summary>The offer of a call towards a WhatsApp user; the same at every repetition.</summary>
    public Task<SdpResult> CreateWhatsAppOfferAsync() => Pending(this);

    /// <summary>Takes WhatsApp's answer to our offer; ICE starts. No SDP on success.</summary>
    public Task<SdpResult> ApplyWhatsAppAnswerAsync(string answer) => Pending(answer);

    /// <summary>An offer towards the PBX: the first, a re-offer (same session id, next version), or the one a delayed-offer INVITE asks for.</summary>
    public Task<SdpResult> CreatePbxOfferAsync(PbxMediaProfile profile) => Pending(profile);

    /// <summary>Takes the PBX's answer. Early answers (of any fork) may be replaced by later ones. No SDP on success.</summary>
    public Task<SdpResult> ApplyPbxAnswerAsync(string answer, bool early) => Pending(answer);

    /// <summary>Answers an offer of the PBX: the first one and every renegotiation (hold, resume, moved media, other codec).</summary>
    public Task<SdpResult> AnswerPbxOfferAsync(string offer, PbxMediaProfile profile) => Pending(offer);

    /// <summary>
    /// Lets audio through to WhatsApp; before it nothing but ICE and DTLS goes there. From then on a packet goes every 20 ms: live audio, or
    /// generated silence while the PBX sends nothing.
    /// </summary>
    public void OpenAudio() => _ = this;

    /// <summary>What each side hears from now on.</summary>
    public void SetTreatment(AudioTreatment towardsWhatsApp, AudioTreatment towardsPbx) => _ = this;

    /// <summary>Plays a key press (`0`–`9`, `*`, `#`, `A`–`D`) to one leg as an RFC 4733 event; presses queue, at most 32.</summary>
    public void SendDigit(CallLeg leg, char digit, TimeSpan duration) => _ = this;

    /// <summary>Quality so far, at most a second old.</summary>
    public MediaQuality GetQuality() => _quality;

    /// <summary>Ends the call's media and gives its final quality; the ports rest before their next use. Idempotent.</summary>
    public Task<MediaQuality> ReleaseAsync() => Task.FromResult(_quality = default);

    private Task<SdpResult> Pending(object subject)
    {
        ArgumentNullException.ThrowIfNull(subject);
        _events.Writer.TryComplete();
        return Task.FromResult(SdpResult.Refused(SdpRefusal.Released));
    }
}
