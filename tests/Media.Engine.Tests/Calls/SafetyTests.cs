using System.Net;
using System.Net.Sockets;
using Media.Engine.Loop;
using Media.Engine.Quality;
using Media.Engine.Tests.Peers;
using Media.Native.Net;
using Media.Protocols.Primitives;
using Sandbox.Handsets;

namespace Media.Engine.Tests.Calls;

public class SafetyTests(EngineFixture fixture) : IClassFixture<EngineFixture>
{
    [Fact]
    public async Task An_unexpected_source_cannot_take_the_PBX_leg_over()
    {
        await using var call = await TestCall.PlaceAsync(fixture.Engine);
        await call.PhoneHearsAsync(1000);
        var before = Drops(DropReason.UnexpectedSource);
        using var unexpectedSource = Bind(IPAddress.Loopback);
        for (var i = 0; i < 50; i++)
            call.Phone.Forge(unexpectedSource);
        await TestCall.UntilAsync(() => Drops(DropReason.UnexpectedSource) >= before + 50, "50 packets refused");
        call.Phone.ForgetAudio();
        await call.PhoneHearsAsync(1000);
        Assert.False(unexpectedSource.TryReceive(new byte[2048], out _, out _));
    }

    [Fact]
    public async Task A_datagram_from_an_address_ICE_has_not_validated_is_not_even_read()
    {
        await using var call = await TestCall.PlaceAsync(fixture.Engine);
        var gateway = fixture.Engine.Loops[0].WhatsAppAddress;
        var before = Drops(DropReason.Unvalidated);
        using var unexpectedSource = Bind(IPAddress.Loopback);
        byte[] hello = [22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 1, 0, 0, 0, 0];
        byte[] rtp = [0x80, 111, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
        byte[] rtcp = [0x80, 200, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1];
        foreach (var datagram in new[] { hello, rtp, rtcp, hello })
            Assert.Equal(UdpSendResult.Sent, unexpectedSource.Send(datagram, gateway.ToUdp()));
        await TestCall.UntilAsync(() => Drops(DropReason.Unvalidated) >= before + 4, "4 datagrams refused");
        await call.HandsetHearsAsync(600);
        Assert.False(unexpectedSource.TryReceive(new byte[2048], out _, out _));
    }

    [Fact]
    public async Task A_certificate_other_than_the_announced_one_ends_the_leg_with_a_reason()
    {
        Assert.True(fixture.Engine.TryReserve(out var media));
        var fingerprint = string.Join(':', Enumerable.Repeat("AB", 32));
        await using var handset = new NativeHandset(new() { FalseFingerprint = fingerprint });
        await handset.ApplyAnswerAsync(
            TestCall.Ok(await media.AnswerWhatsAppOfferAsync(await handset.CreateOfferAsync(default)))!, default);
        Assert.IsType<MediaEvent.WhatsAppPath>(await media.Events.ReadAsync(new CancellationTokenSource(10_000).Token));
        var failed = Assert.IsType<MediaEvent.WhatsAppFailed>(await media.Events.ReadAsync(new CancellationTokenSource(10_000).Token));
        Assert.Equal(WebRtcFailure.FingerprintMismatch, failed.Reason);
        Assert.False(handset.IsConnected);
        await media.ReleaseAsync();
    }

    [Fact]
    public async Task Nobody_at_the_other_end_is_an_ICE_failure()
    {
        var options = EngineFixture.Options(10);
        await using var engine = new MediaEngine(
            options with { WhatsApp = options.WhatsApp with { ConnectTimeout = TimeSpan.FromSeconds(1) } }, TimeProvider.System);
        await engine.StartAsync(default);
        Assert.True(engine.TryReserve(out var media));
        await using var paper = new PaperHandset();
        TestCall.Ok(await media.AnswerWhatsAppOfferAsync(await paper.CreateOfferAsync(default)));
        var failed = Assert.IsType<MediaEvent.WhatsAppFailed>(await media.Events.ReadAsync(new CancellationTokenSource(10_000).Token));
        Assert.Equal(WebRtcFailure.IceFailed, failed.Reason);
    }

    [Fact]
    public async Task A_relay_that_refuses_at_first_is_asked_again()
    {
        await using var call = await TestCall.PlaceAsync(fixture.Engine, handset: new NativeHandset(new() { RefuseChecks = 2 }));
        Assert.Equal(2, call.Handset.ChecksRefused);
        await call.HandsetHearsAsync(600);
    }

    [Fact]
    public async Task Two_calls_towards_one_relay_address_get_different_ports()
    {
        // What one relay does with two calls from one of our ports cannot be told from outside, so no two share one.
        Assert.True(fixture.Engine.TryReserve(out var first));
        Assert.True(fixture.Engine.TryReserve(out var second));
        await using var handset = new NativeHandset();
        var offer = await handset.CreateOfferAsync(default);
        var one = CandidatePort(TestCall.Ok(await first.AnswerWhatsAppOfferAsync(offer))!);
        var two = CandidatePort(TestCall.Ok(await second.AnswerWhatsAppOfferAsync(offer))!);
        Assert.NotEqual(one, two);
        await first.ReleaseAsync();
        Assert.True(fixture.Engine.TryReserve(out var third));
        Assert.Equal(one, CandidatePort(TestCall.Ok(await third.AnswerWhatsAppOfferAsync(offer))!));
        await second.ReleaseAsync();
        await third.ReleaseAsync();
    }

    [Fact]
    public async Task The_same_offer_gets_the_same_answer_and_another_one_is_refused()
    {
        Assert.True(fixture.Engine.TryReserve(out var media));
        await using var handset = new NativeHandset();
        await using var other = new NativeHandset();
        var offer = await handset.CreateOfferAsync(default);
        var answer = TestCall.Ok(await media.AnswerWhatsAppOfferAsync(offer));
        Assert.Equal(answer, TestCall.Ok(await media.AnswerWhatsAppOfferAsync(offer)));
        Assert.Equal(SdpRefusal.WrongState, (await media.AnswerWhatsAppOfferAsync(await other.CreateOfferAsync(default))).Refusal);
        Assert.Equal(SdpRefusal.Malformed, (await media.AnswerPbxOfferAsync("nonsense", new())).Refusal);
        await media.ReleaseAsync();
        Assert.Equal(SdpRefusal.Released, (await media.CreatePbxOfferAsync(new())).Refusal);
    }

    [Fact]
    public async Task Ports_run_out_rest_after_use_and_come_back()
    {
        await using var engine = EngineFixture.Create(2);
        await engine.StartAsync(default);
        Assert.True(engine.TryReserve(out var first));
        Assert.True(engine.TryReserve(out var second));
        Assert.False(engine.TryReserve(out _));
        TestCall.Ok(await first.CreatePbxOfferAsync(new()));
        await first.ReleaseAsync();
        Assert.False(engine.TryReserve(out _)); // it rests for a second
        MediaCall? again = null;
        await TestCall.UntilAsync(() => engine.TryReserve(out again), "the port comes back");
        TestCall.Ok(await again!.CreatePbxOfferAsync(new()));
        Assert.Equal(2, engine.ActiveCalls);
    }

    [Fact]
    public async Task A_port_that_something_else_holds_is_passed_over()
    {
        var options = EngineFixture.Options(2);
        using var squatter = new UdpClient(new IPEndPoint(IPAddress.Loopback, options.Pbx.PortMin));
        await using var engine = new MediaEngine(options, TimeProvider.System);
        await engine.StartAsync(default);
        Assert.True(engine.TryReserve(out var call));
        var sdp = TestCall.Ok(await call.CreatePbxOfferAsync(new()));
        Assert.Contains($"m=audio {options.Pbx.PortMin + 2} ", sdp!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_engine_that_is_disposed_twice_ends_once()
    {
        var engine = new MediaEngine(EngineFixture.Options(2), TimeProvider.System);
        await engine.StartAsync(default);
        await engine.DisposeAsync();
        await engine.DisposeAsync(); // by the host's container, after who held it
        Assert.False(engine.TryReserve(out _));
    }

    [Fact]
    public async Task What_breaks_in_one_call_stays_in_it()
    {
        await using var neighbour = await TestCall.PlaceAsync(fixture.Engine);
        Assert.True(fixture.Engine.TryReserve(out var broken));
        broken.Break();
        var failed = Assert.IsType<MediaEvent.Failed>(await broken.Events.ReadAsync(new CancellationTokenSource(10_000).Token));
        Assert.Contains("broken on purpose", failed.Reason, StringComparison.Ordinal);
        Assert.Equal(SdpRefusal.Released, (await broken.CreatePbxOfferAsync(new())).Refusal);
        await broken.ReleaseAsync();
        await neighbour.HandsetHearsAsync(600);
    }

    [Fact]
    public async Task Silence_of_a_leg_is_reported_once_until_it_is_heard_again()
    {
        await using var engine = new MediaEngine(
            EngineFixture.Options(10) with { MediaTimeout = TimeSpan.FromSeconds(1) }, TimeProvider.System);
        await engine.StartAsync(default);
        await using var call = await TestCall.PlaceAsync(engine, talk: false);
        await call.WaitForAsync<MediaEvent.MediaTimeout>(silent => silent.Leg == CallLeg.Pbx);
        call.Phone.Talk();
        await call.WaitForAsync<MediaEvent.FirstAudio>(first => first.Leg == CallLeg.Pbx);
        call.Phone.FallSilent();
        await call.WaitForAsync<MediaEvent.MediaTimeout>(silent => silent.Leg == CallLeg.Pbx);
        Assert.Equal(2, (await call.Call.ReleaseAsync()).Pbx.Timeouts);
    }

    [Fact]
    public async Task A_leg_without_packets_has_no_score_and_is_one_way_audio_beside_one_that_is_heard()
    {
        await using var engine = new MediaEngine(
            EngineFixture.Options(10) with { MediaTimeout = TimeSpan.FromSeconds(1) }, TimeProvider.System);
        await engine.StartAsync(default);
        await using var call = await TestCall.PlaceAsync(engine, talk: false);
        await call.PhoneHearsAsync(1000);
        await call.WaitForAsync<MediaEvent.MediaTimeout>(silent => silent.Leg == CallLeg.Pbx);
        var quality = await call.Call.ReleaseAsync();
        Assert.Equal((0, null, true), (quality.Pbx.PacketsReceived, quality.Pbx.Mos, quality.Pbx.IsOneWay));
        Assert.True(quality.WhatsApp is { Mos: > 3, IsOneWay: false, PacketsReceived: > 0 });
        Assert.Equal(1, engine.Loops.Sum(loop => loop.Counters.Timeouts[(int)CallLeg.Pbx]));
    }

    [Fact]
    public async Task A_PBX_that_rings_or_holds_in_silence_is_not_reported()
    {
        await using var engine = new MediaEngine(
            EngineFixture.Options(10) with { MediaTimeout = TimeSpan.FromSeconds(1) }, TimeProvider.System);
        await engine.StartAsync(default);
        Assert.True(engine.TryReserve(out var ringing));
        using var phone = new PbxPhone();
        TestCall.Ok(await ringing.ApplyPbxAnswerAsync(phone.Answer(TestCall.Ok(await ringing.CreatePbxOfferAsync(new()))!), new()));
        await using var held = await TestCall.PlaceAsync(engine);
        TestCall.Ok(await held.Call.AnswerPbxOfferAsync(held.Phone.Offer("sendonly", 2), new PbxMediaProfile()));
        held.Phone.FallSilent();
        await Task.Delay(TimeSpan.FromSeconds(3.5));
        Assert.Equal(0, (await ringing.ReleaseAsync()).Pbx.Timeouts);
        Assert.Equal((0, false), ((await held.Call.ReleaseAsync()).Pbx.Timeouts, (await held.Call.ReleaseAsync()).Pbx.IsOneWay));
    }

    private long Drops(DropReason reason) => fixture.Engine.Loops.Sum(loop => loop.Counters.Drops(reason));

    private static int CandidatePort(string sdp) =>
        int.Parse(sdp.Split("\r\n").First(line => line.StartsWith("a=candidate:", StringComparison.Ordinal)).Split(' ')[5]);

    private static UdpSocket Bind(IPAddress address)
    {
        var local = TransportAddress.From(address, 0);
        Assert.True(UdpSocket.TryBind((local with { Port = 0 }).ToUdp(), null, out var socket, out _));
        return socket;
    }
}
