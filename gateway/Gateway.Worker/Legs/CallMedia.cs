using Gateway.Calls;
using Media.Engine;
using CallLeg = Gateway.Calls.CallLeg;
using EngineLeg = Media.Engine.CallLeg;
using LegQuality = Gateway.Calls.LegQuality;

namespace Gateway.Worker.Legs;

/// <summary>The media of one call: taken from the engine when the call is admitted, given back when it ends, its events turned to inputs.</summary>
internal sealed class CallMedia(MediaEngine engine, ICallInbox call)
{
    private MediaCall? _media;

    /// <summary>Told each key that the WhatsApp user presses and that did not reach the PBX as a telephone-event, for it agreed to none.</summary>
    public Action<char, TimeSpan>? WhatsAppKeyLeft { get; set; }

    /// <summary>Null before <see cref="TryReserve"/> and after <see cref="ReleaseAsync"/>.</summary>
    public MediaCall? Call => _media;

    public bool TryReserve()
    {
        if (!engine.TryReserve(out _media))
            return false;
        _ = PumpAsync(_media);
        return true;
    }

    public async Task ReleaseAsync()
    {
        if (_media is not { } media)
        {
            call.Post(new CallInput.MediaReleased(null, null));
            return;
        }
        _media = null;
        var quality = await media.ReleaseAsync();
        call.Post(new CallInput.MediaReleased(Quality(quality.WhatsApp), Quality(quality.Pbx)));
    }

    public void SendDigit(CallLeg to, char digit, TimeSpan duration) =>
        _media?.SendDigit(to == CallLeg.WhatsApp ? EngineLeg.WhatsApp : EngineLeg.Pbx, digit, duration);

    private async Task PumpAsync(MediaCall media)
    {
        await foreach (var happened in media.Events.ReadAllAsync())
        {
            if (happened is MediaEvent.DigitReceived { Leg: EngineLeg.WhatsApp, WasPassed: false } key)
                WhatsAppKeyLeft?.Invoke(key.Digit, key.Duration);
            else if (Input(happened) is { } input)
                call.Post(input);
        }
    }

    private static CallInput? Input(MediaEvent happened) => happened switch
    {
        MediaEvent.WhatsAppConnected => new CallInput.MediaConnected(),
        MediaEvent.WhatsAppFailed { Reason: WhatsAppFailure.DtlsClosed } => new CallInput.MediaClosed(),
        MediaEvent.WhatsAppFailed or MediaEvent.Failed => new CallInput.MediaFailed(),
        MediaEvent.FirstAudio audio => new CallInput.FirstAudio(Leg(audio.Leg)),
        // Reported and no more: a dead PBX is found by its session timer, a dead WhatsApp by ICE consent.
        MediaEvent.MediaTimeout silent => new CallInput.MediaTimedOut(Leg(silent.Leg)),
        _ => null,
    };

    private static CallLeg Leg(EngineLeg leg) => leg == EngineLeg.WhatsApp ? CallLeg.WhatsApp : CallLeg.Pbx;

    private static LegQuality Quality(Media.Engine.LegQuality quality) =>
        new(quality.PacketsReceived, quality.PacketsLost, quality.JitterMs, quality.RoundTripMs, quality.Mos)
        {
            PacketsSent = quality.PacketsSent,
            MediaTimeouts = quality.Timeouts,
            OneWay = quality.IsOneWay,
            Playout = new(
                quality.Playout.Lost, quality.Playout.Late, quality.Playout.Concealed, quality.Playout.Recovered, quality.Playout.Discarded),
        };
}
