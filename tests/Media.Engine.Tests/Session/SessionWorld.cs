using System.Net;
using Media.Engine.Legs;
using Media.Engine.Quality;
using Media.Engine.Session;
using Media.Protocols.Primitives;
using Testing;

namespace Media.Engine.Tests.Session;

/// <summary>A session, the phone behind its pbx leg, and what the session reported.</summary>
internal sealed class SessionSide(MediaSession session, MediaCounters counters, WirePort port, WirePhone phone, WirePhone second)
{
    public MediaSession Session { get; } = session;

    public MediaCounters Counters { get; } = counters;

    public WirePort Port { get; } = port;

    public WirePhone Phone { get; } = phone;

    /// <summary>Whom the agent at the phone consults, once it is described.</summary>
    public WirePhone Second { get; } = second;

    public IReadOnlyList<WirePhone> Phones => [Phone, Second];

    public List<MediaEvent> Events { get; } = [];

    /// <summary>As of the last second.</summary>
    public MediaQuality Quality { get; private set; }

    public string DigitsFrom(CallLeg leg) =>
        string.Concat(Events.OfType<MediaEvent.DigitReceived>().Where(pressed => pressed.Leg == leg).Select(pressed => pressed.Digit));

    public void Drain()
    {
        while (Session.TryPollEvent(out var happened))
            Events.Add(happened);
        if (Session.TryPollQuality(out var quality))
            Quality = quality;
    }
}

/// <summary>
/// Two sessions in virtual time, as loops drive them: their WebRTC legs face each other over a wire that loses, delays and reorders, their
/// pbx legs have a phone each on a wire that does not.
/// </summary>
internal sealed class SessionWorld : IDisposable
{
    private readonly LossyWire _lan;
    private readonly SessionSide[] _sides;

    public SessionWorld(int seed, double loss = 0, ScriptedIdentity? second = null)
    {
        Internet = new LossyWire(Clock, seed)
        {
            Delay = TimeSpan.FromMilliseconds(40),
            Jitter = TimeSpan.FromMilliseconds(15),
            Loss = loss,
        };
        _lan = new LossyWire(Clock, seed) { Delay = TimeSpan.FromMilliseconds(1) };
        _sides = [Add(1, 600, seed, new ScriptedIdentity(0xA1)), Add(2, 1000, seed + 1, second ?? new ScriptedIdentity(0xB2))];
    }

    public VirtualClock Clock { get; } = new();

    /// <summary>Between the WebRTC legs.</summary>
    public LossyWire Internet { get; }

    /// <summary>Makes the offer on the WebRTC side; its phone sounds 600 Hz.</summary>
    public SessionSide Caller => _sides[0];

    /// <summary>Its phone sounds 1000 Hz.</summary>
    public SessionSide Callee => _sides[1];

    public PbxMediaProfile Profile { get; } = new();

    /// <summary>Negotiates all four legs, or all but the caller's pbx leg.</summary>
    public void Negotiate(bool isCallerAlone = false)
    {
        var offer = Ok(Caller.Session.CreateWhatsAppOffer(Clock.Now));
        var answer = Ok(Callee.Session.AnswerWhatsAppOffer(offer!, Clock.Now));
        Ok(Caller.Session.ApplyWhatsAppAnswer(answer!, Clock.Now));
        foreach (var side in _sides)
            if (side != Caller || !isCallerAlone)
                AddPhone(side);
    }

    /// <summary>Negotiates a side's pbx leg with its phone.</summary>
    public void AddPhone(SessionSide side) => AddPhone(side, side.Phone, PbxSide.First);

    public void AddPhone(SessionSide side, WirePhone phone, PbxSide leg)
    {
        var toPhone = Ok(side.Session.CreatePbxOffer(leg, Profile, Clock.Now));
        Ok(side.Session.ApplyPbxAnswer(leg, phone.Answer(toPhone!), Profile, Clock.Now));
    }

    /// <summary>Negotiates, waits until both sessions are connected, opens the audio, lets both phones talk.</summary>
    /// <param name="isCallerAlone">The caller has no pbx leg, and its phone is silent.</param>
    public void Connect(bool isCallerAlone = false)
    {
        Negotiate(isCallerAlone);
        RunUntil(() => Array.TrueForAll(_sides, IsConnected), TimeSpan.FromSeconds(20), "connected");
        foreach (var side in _sides)
        {
            side.Session.OpenAudio(Clock.Now);
            if (side != Caller || !isCallerAlone)
                side.Phone.Talk(Clock.Now);
        }
    }

    /// <summary>
    /// The side's process is gone; another, at other addresses, goes on with its call. The phones learn of it by an offer.
    /// </summary>
    /// <param name="side">As the world knows it until now.</param>
    /// <param name="snapshot">What it left.</param>
    /// <param name="number">Of the other's addresses: 3, 4 …</param>
    /// <param name="takeovers">See <see cref="MediaSnapshot.Ahead"/>.</param>
    public SessionSide TakeOver(SessionSide side, MediaSnapshot snapshot, int number, int takeovers = 1)
    {
        side.Session.Dispose();
        var (session, counters, port) = Open(number, number, new ScriptedIdentity(0xC3));
        session.Resume(snapshot.Ahead(takeovers, Clock.Now.ToDateTimeOffset()), Profile, Clock.Now);
        return _sides[Array.IndexOf(_sides, side)] = new SessionSide(session, counters, port, side.Phone, side.Second);
    }

    /// <summary>Lets time pass.</summary>
    public void Run(TimeSpan time)
    {
        var end = Clock.Now + time;
        while (Turn(end))
        {
        }
    }

    /// <summary>Lets time pass until something has happened.</summary>
    public void RunUntil(Func<bool> condition, TimeSpan limit, string what)
    {
        var end = Clock.Now + limit;
        while (!condition())
            Assert.True(Turn(end), $"Not {what} in {limit}; caller: {Caller.Session.Deadlines}; callee: {Callee.Session.Deadlines}");
    }

    public void Dispose()
    {
        foreach (var side in _sides)
            side.Session.Dispose();
    }

    private static bool IsConnected(SessionSide side) => side.Events.OfType<MediaEvent.WhatsAppConnected>().Any();

    private static string? Ok(SdpResult result)
    {
        Assert.True(result.Succeeded, $"{result.Refusal} {result.Detail}");
        return result.Sdp;
    }

    private SessionSide Add(int number, double hertz, int seed, ScriptedIdentity identity)
    {
        var (session, counters, port) = Open(number, seed, identity);
        return new SessionSide(
            session, counters, port, new WirePhone(_lan, At($"192.0.2.{number + 10}", 4000), hertz),
            new WirePhone(_lan, At($"192.0.2.{number + 20}", 4000), hertz + 200));
    }

    private (MediaSession Session, MediaCounters Counters, WirePort Port) Open(int number, int seed, ScriptedIdentity identity)
    {
        var ip = $"192.0.2.{number}";
        MediaBinding[] bindings = [new() { Bind = ip }];
        var options = new MediaEngineOptions { WhatsApp = new() { Bindings = bindings }, Pbx = new() { Bindings = bindings } };
        var port = new WirePort(Internet, _lan, At(ip, 9000), At(ip, 20000));
        var context = new MediaContext(options, new SeededEntropy(seed));
        return (new MediaSession(context, port, identity, Clock.Now), context.Counters, port);
    }

    /// <summary>The next thing that is due by then; false: nothing is, and time has come to the end.</summary>
    private bool Turn(Instant end)
    {
        var next = Instant.Min(Internet.NextArrival, _lan.NextArrival);
        foreach (var side in _sides)
            next = Instant.Min(next, Instant.Min(side.Session.NextDeadline, side.Phones.Min(phone => phone.NextDeadline)));
        if (next > end)
        {
            Clock.AdvanceTo(end);
            return false;
        }
        if (next > Clock.Now)
            Clock.AdvanceTo(next);
        foreach (var wire in (ReadOnlySpan<LossyWire>)[Internet, _lan])
            while (wire.TryReceive(out var datagram))
                Deliver(datagram);
        foreach (var side in _sides)
        {
            if (side.Session.NextDeadline <= Clock.Now)
                side.Session.HandleDeadline(Clock.Now);
            foreach (var phone in side.Phones)
                if (phone.NextDeadline <= Clock.Now)
                    phone.HandleDeadline(Clock.Now);
            side.Drain();
        }
        return true;
    }

    private void Deliver(WireDatagram datagram)
    {
        foreach (var side in _sides)
        {
            if (datagram.To == side.Port.Shared)
                side.Session.Handle(datagram.Bytes, datagram.To, datagram.From, Clock.Now);
            foreach (var leg in (ReadOnlySpan<PbxSide>)[PbxSide.First, PbxSide.Second])
                if (datagram.To == side.Port.Rtp(leg) || datagram.To == side.Port.Rtcp(leg))
                    side.Session.Handle(datagram.Bytes, leg, datagram.To == side.Port.Rtcp(leg), datagram.From, Clock.Now);
            foreach (var phone in side.Phones)
                if (datagram.To == phone.Address)
                    phone.HandleDatagram(datagram.Bytes, Clock.Now);
        }
    }

    private static TransportAddress At(string ip, int port) => TransportAddress.From(IPAddress.Parse(ip), port);
}
