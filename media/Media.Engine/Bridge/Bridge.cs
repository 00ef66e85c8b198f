using Media.Engine.Legs;
using Media.Engine.Net;
using Media.Protocols.Dtmf;
using Media.Protocols.Primitives;

namespace Media.Engine.Bridge;

/// <summary>Both directions of audio between two legs, and the key presses beside it, which never pass a codec.</summary>
internal sealed class Bridge(MediaLeg whatsApp, MediaLeg pbx, MediaLoop loop, Action<CallLeg, char, TimeSpan> onDigit) : IDisposable
{
    /// <summary>The stream to WhatsApp never stops for longer: it ends calls that fall silent.</summary>
    private static readonly TimeSpan MaxWhatsAppSilence = TimeSpan.FromMilliseconds(300);

    public AudioPath ToPbx { get; } = new(whatsApp, pbx, loop.Options.Opus, loop.Counters, loop.Options.SilenceAfter);

    public AudioPath ToWhatsApp { get; } = new(
        pbx, whatsApp, loop.Options.Opus, loop.Counters, loop.Options.SilenceAfter < MaxWhatsAppSilence ? loop.Options.SilenceAfter : MaxWhatsAppSilence);

    public Instant NextDeadline => Instant.Min(
        Instant.Min(ToPbx.NextDeadline, ToWhatsApp.NextDeadline),
        Instant.Min(DigitDeadline(whatsApp), DigitDeadline(pbx)));

    /// <summary>One leg has put a packet into its buffer.</summary>
    public void HandlePacket(CallLeg from, Instant now)
    {
        var (source, path) = from == CallLeg.WhatsApp ? (whatsApp, ToPbx) : (pbx, ToWhatsApp);
        path.Drain(now);
        RelayDigits(source, now);
    }

    public void HandleDeadline(Instant now)
    {
        ToPbx.HandleDeadline(now);
        ToWhatsApp.HandleDeadline(now);
        whatsApp.DigitsIn?.HandleDeadline(now);
        pbx.DigitsIn?.HandleDeadline(now);
        RelayDigits(whatsApp, now);
        RelayDigits(pbx, now);
        whatsApp.SendDigits(now);
        pbx.SendDigits(now);
    }

    /// <summary>The legs' state changed: a path may now run, or not any longer.</summary>
    public void Refresh(Instant now)
    {
        ToPbx.Refresh(now);
        ToWhatsApp.Refresh(now);
    }

    public void Dispose()
    {
        ToPbx.Dispose();
        ToWhatsApp.Dispose();
    }

    private void RelayDigits(MediaLeg source, Instant now)
    {
        if (source.DigitsIn is not { } digits)
            return;
        var sink = source == whatsApp ? pbx : whatsApp;
        while (digits.TryPollEvent(out var key))
        {
            // A sink that cannot send now would play the key whenever it can: out of its time, so not at all.
            if (key.Phase == TelephoneEventPhase.Pressed && sink.CanSend)
                sink.DigitsOut?.TryEnqueue(key.Digit, TelephoneEventWriter.UntilReleased);
            if (key.Phase != TelephoneEventPhase.Released)
                continue;
            sink.DigitsOut?.Release(key.Duration);
            onDigit(source.Kind, key.Digit, key.Duration);
        }
        sink.SendDigits(now);
    }

    private static Instant DigitDeadline(MediaLeg leg)
    {
        var incoming = leg.DigitsIn?.NextDeadline ?? Instant.Never;
        return leg.CanSend && leg.DigitsOut is { } outgoing ? Instant.Min(incoming, outgoing.NextDeadline) : incoming;
    }
}
