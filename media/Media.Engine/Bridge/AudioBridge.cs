using Media.Engine.Legs;
using Media.Protocols.Dtmf;
using Media.Protocols.Primitives;
using Media.Protocols.Rtp;

namespace Media.Engine.Bridge;

/// <summary>
/// Both directions of audio between two legs, and the key presses beside it, which never pass a codec. Of two pbx legs, that of the agent
/// who consults stands in WhatsApp's place.
/// </summary>
internal sealed class AudioBridge(MediaLeg whatsApp, MediaLeg pbx, MediaContext context, Action<MediaLeg, char, TimeSpan> onDigit)
    : IDisposable
{
    /// <summary>The stream to WhatsApp never stops for longer: it ends calls that fall silent.</summary>
    private static readonly TimeSpan MaxWhatsAppSilence = TimeSpan.FromMilliseconds(300);

    public AudioPath ToPbx { get; } = new(whatsApp, pbx, context, context.Options.SilenceAfter);

    public AudioPath ToWhatsApp { get; } = new(
        pbx, whatsApp, context,
        context.Options.SilenceAfter < MaxWhatsAppSilence ? context.Options.SilenceAfter : MaxWhatsAppSilence);

    /// <summary>A packet that one leg received goes to the other: audio on its path, key presses beside it.</summary>
    public void Carry(MediaLeg from, in RtpPacketReader packet, Instant now)
    {
        (from == whatsApp ? ToPbx : ToWhatsApp).Carry(packet, now);
        RelayDigits(from, now);
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
            onDigit(source, key.Digit, key.Duration);
        }
        sink.SendDigits(now);
    }
}
