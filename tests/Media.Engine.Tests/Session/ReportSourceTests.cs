using System.Net;
using Media.Engine.Legs;
using Media.Engine.Session;
using Media.Protocols.Primitives;
using Media.Protocols.Sdp;
using Media.Protocols.Srtp;
using Testing;

namespace Media.Engine.Tests.Session;

/// <summary>The address that reports go to, of a phone behind a NAT whose media is encrypted.</summary>
public sealed class ReportSourceTests : IDisposable
{
    private static readonly PbxMediaProfile Profile = new() { Security = SrtpPolicy.Required, NatLatching = true };
    private static readonly TransportAddress Signalled = At("192.0.2.11", 4001);
    private static readonly TransportAddress Elsewhere = At("198.51.100.9", 5001);
    private static readonly TransportAddress Signaller = At("203.0.113.7", 5060);

    private readonly VirtualClock _clock = new();
    private readonly List<TransportAddress> _reported = [];
    private readonly RtpLeg _leg;
    private readonly SrtpSession _phone;

    public ReportSourceTests()
    {
        var lan = new LossyWire(_clock, 1)
        {
            Passes = sent =>
            {
                _reported.Add(sent.To);
                return false;
            },
        };
        var port = new WirePort(new LossyWire(_clock, 2), lan, At("192.0.2.1", 9000), At("192.0.2.1", 20000));
        _leg = new RtpLeg(
            new MediaContext(new MediaEngineOptions(), new SeededEntropy(1)), port, PbxSide.First, new ScriptedIdentity(0xA1));
        _phone = Connect();
    }

    [Fact]
    public void Reports_that_are_not_authentic_do_not_move_it()
    {
        _leg.HandleRtcp([.. Report, .. new byte[14]], Elsewhere, _clock.Now);
        Assert.Equal(Signalled, Reported());
    }

    [Fact]
    public void A_report_of_the_phones_does()
    {
        Hear(Elsewhere);
        Assert.Equal(Elsewhere, Reported());
    }

    [Fact]
    public void One_from_where_the_phone_signals_wins()
    {
        var phone = Signaller with { Port = 40001 };
        Hear(Elsewhere);
        Hear(phone);
        Assert.Equal(phone, Reported());
        Hear(Elsewhere);
        Assert.Equal(phone, Reported());
    }

    public void Dispose()
    {
        _leg.Dispose();
        _phone.Dispose();
    }

    /// <summary>A receiver report on nobody.</summary>
    private static byte[] Report => [0x80, 201, 0, 1, 0, 0, 0, 7];

    private static TransportAddress At(string ip, int port) => TransportAddress.From(IPAddress.Parse(ip), port);

    private SrtpSession Connect()
    {
        var sdp = new PbxSdp(new SeededEntropy(2));
        var local = new PbxLocalMedia { Rtp = At("192.0.2.11", 4000) };
        var offer = _leg.CreateOffer(Profile, _clock.Now).Sdp!;
        Assert.True(sdp.TryAnswerOffer(offer, local, out var answer, out var agreed, out var error), error.ToString());
        Assert.True(_leg.ApplyAnswer(answer, Profile, _clock.Now, Signaller).Succeeded);
        var keys = agreed.Srtp!;
        return new SrtpSession(keys.Profile, keys.Local, keys.Remote, new ManagedSrtpPrimitives());
    }

    /// <summary>A report of the phone's comes from there.</summary>
    private void Hear(TransportAddress source)
    {
        byte[] report = [.. Report, .. new byte[SrtpSession.MaxOverhead]];
        Assert.True(_phone.TryProtectRtcp(report, Report.Length, out var length, out _));
        _leg.HandleRtcp(report.AsSpan(0, length), source, _clock.Now);
    }

    /// <summary>The address that the next report goes to.</summary>
    private TransportAddress Reported()
    {
        _reported.Clear();
        _leg.SendRtcp(_clock.Advance(TimeSpan.FromSeconds(10)));
        return Assert.Single(_reported);
    }
}
