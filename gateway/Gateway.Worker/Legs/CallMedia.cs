using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Quality;
using Gateway.Calls.Records;
using Gateway.Sip.Endpoint;
using Gateway.Worker.Configuration;
using Gateway.Worker.Tracing;
using Gateway.Worker.Tracing.Captures;
using Media.Engine;
using Media.Engine.Audio;
using Media.Engine.Loop;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Legs;

/// <summary>
/// The media of both legs of one call: taken from the engine when the call is admitted, negotiated with either side, given back when the
/// call ends. Its events become inputs. Called by operations of the call's queue only.
/// </summary>
internal sealed partial class CallMedia(
    MediaEngine engine, CallId id, ICallInbox call, OperationQueue operations, ILogger logger, CallTracer? trace = null)
{
    private static readonly SdpResult Released = new(null, SdpRefusal.Released);

    private MediaCall? _media;
    private TimeSpan _collections = GC.GetTotalPauseDuration();

    /// <summary>
    /// Carries each key that the WhatsApp user presses and that did not reach the PBX as a telephone-event, for it agreed to none.
    /// </summary>
    public Func<char, TimeSpan, Task> CarryKey { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>Takes what becomes of clips and recordings.</summary>
    public Func<MediaEvent, Task> HandleSound { get; set; } = _ => Task.CompletedTask;

    /// <summary>True from <see cref="TryReserve"/> to <see cref="ReleaseAsync"/>.</summary>
    public bool IsReserved => _media is not null;

    public bool TryReserve()
    {
        if (!engine.TryReserve(out _media))
            return false;
        if (trace?.MediaTap is { } tap)
            _media.SetTap(tap);
        _ = PumpAsync(_media);
        return true;
    }

    /// <summary>The description for WhatsApp: the answer to its offer, or an offer where it made none.</summary>
    public async Task<SdpResult> DescribeToWhatsAppAsync(string? offer)
    {
        if (_media is not { } media)
            return Released;
        return Noted(
            CallLeg.WhatsApp, offer is null ? await media.CreateWhatsAppOfferAsync() : await media.AnswerWhatsAppOfferAsync(offer));
    }

    public async Task<SdpResult> ApplyWhatsAppAnswerAsync(string answer) =>
        _media is { } media ? Noted(CallLeg.WhatsApp, await media.ApplyWhatsAppAnswerAsync(answer)) : Released;

    /// <summary>Asks for a step of a PBX's description.</summary>
    public async Task<SdpResult> NegotiateAsync(Func<MediaCall, Task<SdpResult>> step) =>
        _media is { } media ? Noted(CallLeg.Pbx, await step(media)) : Released;

    /// <summary>A ringing tone is heard, in place of clips and of the other side.</summary>
    public void PlayRingback(CallLeg to)
    {
        _media?.StopPlaying(to);
        if (to == CallLeg.WhatsApp)
            _media?.SetTreatment(AudioTreatment.Ringback, AudioTreatment.Live);
        else
            _media?.SetTreatment(AudioTreatment.Live, AudioTreatment.Ringback);
    }

    /// <summary>Lets a capture see the call's packets in the clear; null: no longer.</summary>
    public void Capture(IMediaTap? tap) => _media?.SetTap(tap is null ? trace?.MediaTap : trace?.MediaTap is { } other
        ? new TapPair(tap, other) : tap);

    public void OpenAudio()
    {
        _media?.SetTreatment(AudioTreatment.Live, AudioTreatment.Live);
        _media?.OpenAudio();
    }

    /// <summary>Plays clips to a leg in place of the other side; the last repeats where asked. Null: there is no media any more.</summary>
    /// <returns>The id of <see cref="MediaEvent.PlayEnded"/>.</returns>
    public long? Play(CallLeg to, IReadOnlyList<AudioClip> clips, bool isLoop)
    {
        _media?.SetTreatment(AudioTreatment.Live, AudioTreatment.Live);
        return _media?.Play(to, clips, isLoop ? AudioRepeat.Last : AudioRepeat.None);
    }

    /// <summary>The other side is heard, or silence where there is none.</summary>
    public void StopPlaying(CallLeg to)
    {
        _media?.StopPlaying(to);
        _media?.SetTreatment(AudioTreatment.Live, AudioTreatment.Live);
    }

    /// <summary>Records what the user says. Null: there is no media any more, and the file is closed.</summary>
    /// <returns>The id of <see cref="MediaEvent.RecordingEnded"/>.</returns>
    public long? Record(Stream file, AudioRecordingOptions options)
    {
        if (_media is { } media)
            return media.Record(CallLeg.WhatsApp, file, options);
        file.Dispose();
        return null;
    }

    /// <summary>The phone has left the call: nothing is sent to it any more.</summary>
    public Task LeavePbxAsync(PbxSide side) => _media?.LeavePbxAsync(side) ?? Task.CompletedTask;

    /// <summary>The agent hears the pbx leg's other side instead of the user, from whom nothing is heard.</summary>
    public void Consult() => _media?.Consult();

    /// <summary>The user is connected with this side; nothing is sent to the other any more.</summary>
    public Task ConnectPbxAsync(PbxSide side) => _media?.ConnectPbxAsync(side) ?? Task.CompletedTask;

    /// <summary>Two beeps for the agent: the money is nearly over.</summary>
    public void Warn() => _media?.WarnPbx();

    public void SendDigit(CallLeg to, char digit, TimeSpan duration) =>
        _media?.SendDigit(to, digit, duration);

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

    /// <summary>The media, for another node to go on with; null: now it cannot.</summary>
    public Task<MediaSnapshot?> SaveAsync() => _media?.SnapshotAsync() ?? Task.FromResult<MediaSnapshot?>(null);

    /// <summary>The media, for another node; null: now it cannot go on with it. Else nothing is sent here any more.</summary>
    public async Task<MediaSnapshot?> HandOverAsync()
    {
        var saved = _media is { } media ? await media.HandOverAsync() : null;
        if (saved is not null)
            _media = null;
        return saved;
    }

    /// <summary>Goes on with the media of another node.</summary>
    public void Resume(MediaSnapshot saved, PbxMediaProfile profile, int takeovers)
    {
        _media = engine.Resume(saved, profile, takeovers);
        if (trace?.MediaTap is { } tap)
            _media.SetTap(tap);
        _ = PumpAsync(_media);
    }

    /// <summary>Ends the media here, silently.</summary>
    public Task AbandonAsync() => Interlocked.Exchange(ref _media, null)?.AbandonAsync() ?? Task.CompletedTask;

    /// <summary>The report to the call of a refused description, or of a step that failed for want of room.</summary>
    public static CallInput.MediaRefused Refused(CallLeg leg, SdpResult result)
    {
        var warning = SdpWarnings.Of(result.Error);
        var fault = warning is null ? null : new MediaFault(leg, warning.Reason);
        return new(CauseOf(result.Refusal), fault, leg == CallLeg.Pbx ? warning : null);
    }

    /// <summary>Mostly the peer's description, but ports that another program holds are want of room.</summary>
    private static HangupCause CauseOf(SdpRefusal refusal) => refusal switch
    {
        SdpRefusal.NoPorts => HangupCause.NoCapacity,
        SdpRefusal.Internal => HangupCause.InternalError,
        _ => HangupCause.IncompatibleMedia,
    };

    private async Task PumpAsync(MediaCall media)
    {
        await foreach (var happened in media.Events.ReadAllAsync())
        {
            trace?.Note(happened);
            if (happened is MediaEvent.DigitReceived { Leg: CallLeg.WhatsApp, WasPassed: false } key)
                await operations.Add(() => CarryKey(key.Digit, key.Duration));
            else if (happened is MediaEvent.PlayEnded or MediaEvent.RecordingEnded)
                await operations.Add(() => HandleSound(happened));
            else if (happened is MediaEvent.DigitReceived { Leg: CallLeg.Pbx, WasPassed: false } asking)
                call.Post(new CallInput.DigitPressed(CallLeg.Pbx, asking.Digit, asking.Duration)); // an agent in a menu
            else if (happened is MediaEvent.Sampled sampled)
                call.Post(new CallInput.MediaSampled(sampled.Sample, StrainOf(media)));
            else if (Input(happened) is { } input)
                call.Post(input);
        }
    }

    /// <summary>How the host has kept up since the last time.</summary>
    private HostStrain StrainOf(MediaCall media)
    {
        var (before, load) = (_collections, media.LoopLoad);
        _collections = GC.GetTotalPauseDuration();
        return new HostStrain(load.Processor, load.Longest, _collections - before);
    }

    private SdpResult Noted(CallLeg leg, SdpResult result)
    {
        if (!result.Succeeded)
            LogRefusedSdp(id, leg, result.Refusal, result.Detail);
        return result;
    }

    private static CallInput? Input(MediaEvent happened) => happened switch
    {
        MediaEvent.WhatsAppConnected => new CallInput.MediaConnected(),
        MediaEvent.WhatsAppFailed { Reason: WebRtcFailure.DtlsClosed } => new CallInput.MediaClosed(),
        MediaEvent.WhatsAppFailed or MediaEvent.PbxFailed or MediaEvent.Failed => new CallInput.MediaFailed(),
        MediaEvent.FirstAudio audio => new CallInput.FirstAudio(audio.Leg),
        // Reported and no more: a dead PBX is found by its session timer, a dead WhatsApp by ICE consent.
        MediaEvent.MediaTimeout silent => new CallInput.MediaTimedOut(silent.Leg),
        _ => null,
    };

    private static LegQuality Quality(LegReport quality) =>
        new(quality.PacketsReceived, quality.PacketsLost, quality.JitterMs, quality.RoundTripMs, quality.Mos)
        {
            PacketsSent = quality.PacketsSent,
            MediaTimeouts = quality.Timeouts,
            OneWay = quality.IsOneWay,
            Playout = quality.Playout,
        };

    [LoggerMessage(Level = LogLevel.Information, Message = "Call {CallId}: the {Leg} leg's SDP was refused: {Refusal} {Detail}")]
    private partial void LogRefusedSdp(CallId callId, WireText<CallLeg> leg, WireText<SdpRefusal> refusal, string? detail);
}
