using Gateway.Calls;
using Gateway.Calls.Flows;
using Gateway.Calls.Lifecycle;
using Gateway.Worker.Agents;
using Media.Engine;
using Media.Engine.Audio;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Legs;

/// <summary>
/// What the user hears while no agent is there, and the message that the user leaves; or what an agent hears who asks somebody. Called by
/// operations of the call's queue only.
/// </summary>
/// <param name="identity">The call.</param>
/// <param name="services">What all calls share.</param>
/// <param name="media">The call's.</param>
/// <param name="call">Where inputs go.</param>
/// <param name="to">Who hears it.</param>
internal sealed class CallSounds(CallIdentity identity, AgentServices services, CallMedia media, ICallInbox call, CallLeg to)
{
    private (long Media, int Id)? _playing;
    private (long Media, string Id, GroupId? Group)? _recording;

    public async Task PlayAsync(CallDecision.Play play)
    {
        _playing = null;
        if (play.Audio is [CallDecision.Play.Ringback])
        {
            media.PlayRingback(to);
            return;
        }
        var clips = await services.Audio.FindAsync(play.Audio, play.Language);
        if (clips.Count == 0 && play.IsLoop)
            clips = [BuiltInClips.HoldMusic]; // nobody waits in silence
        if (clips.Count == 0)
            call.Post(new CallInput.PlayEnded(play.Id));
        else if (media.Play(to, clips, play.IsLoop) is { } id && !play.IsLoop)
            _playing = (id, play.Id);
    }

    /// <summary>The caller's place and the expected wait, as far as there are files for it; then music.</summary>
    public async Task PlayAsync(CallDecision.PlayPlace what)
    {
        var place = await services.Waiting.PlaceOfAsync(what.Group, identity.Id);
        if (place is null)
            return; // served meanwhile
        List<AudioClip> clips = [];
        if (what.PlaceAudio is { } places)
            await AddAsync(clips, FlowNames.OfPlace(places, place.Value), what.Language);
        if (what.WaitAudio is { } waits && services.Waiting.ExpectedWait(what.Group, place.Value) is { } wait)
        {
            var minutes = Math.Max(1, (int)Math.Ceiling(wait.TotalMinutes));
            await AddAsync(clips, FlowNames.OfMinutes(waits, minutes), what.Language);
        }
        if (clips.Count == 0)
            return; // what plays goes on: a welcome, or music
        _playing = null;
        clips.Add(await services.Audio.FindAsync(what.Music, what.Language) ?? BuiltInClips.HoldMusic);
        media.Play(to, clips, isLoop: true);
    }

    public void Stop()
    {
        _playing = null;
        media.StopPlaying(to);
    }

    /// <summary>A beep, and then the user speaks. Where nothing can be recorded the message is over at once.</summary>
    public void Record(CallDecision.RecordMessage what)
    {
        var id = Guid.NewGuid().ToString("n");
        if (services.Voicemails.TryOpen(id) is not { } file)
        {
            call.Post(new CallInput.MessageRecorded(TimeSpan.Zero));
            return;
        }
        media.Play(to, [BuiltInClips.QueueBeep], isLoop: false);
        var options = new AudioRecordingOptions
        {
            SampleRate = 8000, MaxLength = what.Longest, EndSilence = what.Silence, EndKeys = "#",
        };
        if (media.Record(file, options) is { } recording)
            _recording = (recording, id, what.Group);
    }

    /// <summary>Clips have ended, or the message has.</summary>
    public Task HandleAsync(MediaEvent happened)
    {
        if (happened is MediaEvent.PlayEnded ended && _playing is { } playing && playing.Media == ended.Id)
        {
            _playing = null;
            call.Post(new CallInput.PlayEnded(playing.Id));
        }
        else if (happened is MediaEvent.RecordingEnded recorded && _recording is { } recording && recording.Media == recorded.Id)
        {
            _recording = null;
            _ = services.Voicemails.KeepAsync(recording.Id, identity, recording.Group, recorded.Duration);
            call.Post(new CallInput.MessageRecorded(recorded.Duration));
        }
        return Task.CompletedTask;
    }

    private async Task AddAsync(List<AudioClip> clips, string name, string language)
    {
        if (services.Audio.Has(name, language) && await services.Audio.FindAsync(name, language) is { } clip)
            clips.Add(clip);
    }
}
