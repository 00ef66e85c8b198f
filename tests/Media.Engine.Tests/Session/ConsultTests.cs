using Media.Engine.Audio;
using Media.Engine.Bridge;
using Media.Engine.Legs;
using Media.Engine.Session;
using Media.Protocols.Primitives;
using Testing;

namespace Media.Engine.Tests.Session;

/// <summary>
/// The agent at a session's phone (600 Hz) consults another (800 Hz) while the user (the other session's phone, 1000 Hz) hears clips.
/// </summary>
public sealed class ConsultTests : IDisposable
{
    private readonly SessionWorld _world = new(1);

    private MediaSession Session => _world.Caller.Session;

    private WirePhone Agent => _world.Caller.Phone;

    private WirePhone Target => _world.Caller.Second;

    private WirePhone User => _world.Callee.Phone;

    [Fact]
    public void Agent_and_target_hear_each_other_and_the_user_neither_until_user_and_target_are_connected()
    {
        Consult();
        Play(CallLeg.Pbx, 700);
        Hears(Agent, 700); // while the target rings
        Answer();
        Session.Play(CallLeg.Pbx, null, _world.Clock.Now);
        Hears(Agent, 800);
        Hears(Target, 600);
        Hears(User, 500);

        Session.ConnectPbx(PbxSide.Second, _world.Clock.Now);
        Session.Play(CallLeg.WhatsApp, null, _world.Clock.Now);
        Hears(User, 800);
        Hears(Target, 1000);
        _world.Run(TimeSpan.FromMilliseconds(100));
        var received = Agent.Received;
        _world.Run(TimeSpan.FromSeconds(1));
        Assert.Equal(received, Agent.Received);
    }

    [Fact]
    public void A_consultation_that_is_given_up_leaves_user_and_agent_and_another_may_follow()
    {
        for (var time = 0; time < 2; time++)
        {
            Consult();
            Answer();
            Hears(Agent, 800);
            Session.ConnectPbx(PbxSide.First, _world.Clock.Now);
            Session.Play(CallLeg.WhatsApp, null, _world.Clock.Now);
            Hears(User, 600);
            Hears(Agent, 1000);
        }
        Assert.DoesNotContain(_world.Caller.Events, happened => happened is MediaEvent.Failed);
    }

    [Fact]
    public void Keys_of_the_agent_reach_the_target_and_never_the_user_and_the_users_nobody()
    {
        Consult();
        Agent.Press("1");
        _world.Run(TimeSpan.FromSeconds(1)); // nobody has answered: they are the owner's
        Answer();
        Agent.Press("2");
        User.Press("3");
        _world.Run(TimeSpan.FromSeconds(2));
        Assert.Equal(("2", "", ""), (Target.Digits, User.Digits, Agent.Digits));
        Assert.Equal(
            [('1', false), ('2', true)],
            _world.Caller.Events.OfType<MediaEvent.DigitReceived>().Where(key => key.Leg == CallLeg.Pbx)
                .Select(key => (key.Digit, key.WasPassed)));
    }

    [Fact]
    public void A_phone_that_holds_is_answered_on_its_own_leg_and_the_other_hears_music()
    {
        Consult();
        Answer();
        Hears(Target, 600);
        Agent.FallSilent();
        Offer(Agent, PbxSide.First, "sendonly");
        _world.RunUntil(() => IsMusic(Target), TimeSpan.FromSeconds(10), "music heard");
        Hears(User, 500);
        Offer(Agent, PbxSide.First, "sendrecv");
        Agent.Talk(_world.Clock.Now);
        Hears(Target, 600);

        Target.FallSilent();
        Offer(Target, PbxSide.Second, "sendonly");
        _world.RunUntil(() => IsMusic(Agent), TimeSpan.FromSeconds(10), "music heard");
        Session.ConnectPbx(PbxSide.Second, _world.Clock.Now);
        Session.Play(CallLeg.WhatsApp, null, _world.Clock.Now);
        _world.RunUntil(() => IsMusic(User), TimeSpan.FromSeconds(10), "music heard"); // of the target, who holds the call still
        Offer(Target, PbxSide.Second, "sendrecv");
        Target.Talk(_world.Clock.Now);
        Hears(User, 800);
    }

    [Fact]
    public void A_packet_between_agent_and_target_allocates_nothing()
    {
        Consult();
        Answer();
        _world.Run(TimeSpan.FromSeconds(5));
        _world.Caller.Port.IsMuted = true;
        Agent.FallSilent();
        _world.Run(TimeSpan.FromMilliseconds(100));
        var (output, packet) = (new RtpOutput(new SeededEntropy(9)), new byte[172]);
        long before = 0;
        for (var n = 0; n < 60; n++)
        {
            if (n == 10)
                before = GC.GetAllocatedBytesForCurrentThread();
            output.WriteAudioHeader(packet, 0, 160);
            var now = _world.Clock.Advance(TimeSpan.FromMilliseconds(20));
            Session.Handle(packet, PbxSide.First, rtcp: false, Agent.Address, now);
            if (Session.NextDeadline <= now)
                Session.HandleDeadline(now);
        }
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    public void Dispose() => _world.Dispose();

    /// <summary>The agent, who talks with the user, begins.</summary>
    private void Consult()
    {
        if (Agent.Received == 0)
            _world.Connect();
        Hears(Agent, 1000);
        Hears(User, 600);
        Session.Consult(_world.Clock.Now);
        Play(CallLeg.WhatsApp, 500);
        Hears(User, 500);
    }

    private void Offer(WirePhone phone, PbxSide leg, string direction) =>
        Assert.True(Session.AnswerPbxOffer(leg, phone.Describe(direction), new PbxMediaProfile(), _world.Clock.Now).Succeeded);

    /// <summary>Loud, and none of the tones.</summary>
    private static bool IsMusic(WirePhone phone) =>
        phone.Meter.LevelDb() > -45 && new[] { 500.0, 600, 800, 1000 }.All(tone => Math.Abs((phone.Meter.Hertz() ?? 0) - tone) > 10);

    private void Answer()
    {
        _world.AddPhone(_world.Caller, Target, PbxSide.Second);
        Target.Talk(_world.Clock.Now);
    }

    private void Play(CallLeg to, double hertz)
    {
        var clip = new AudioClip($"{hertz} Hz", rate =>
        {
            var samples = new short[rate];
            new ToneGenerator(hertz, rate).Fill(samples);
            return samples;
        });
        Session.Play(to, new Playlist([clip], AudioRepeat.All, 1), _world.Clock.Now);
    }

    private void Hears(WirePhone phone, double hertz) => _world.RunUntil(
        () => Math.Abs((phone.Meter.Hertz() ?? 0) - hertz) < 10, TimeSpan.FromSeconds(5), $"{hertz} Hz heard");
}
