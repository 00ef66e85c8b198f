using Media.Engine.Loop;
using Media.Engine.Tests.Peers;
using Media.Protocols.Sdp;
using Sandbox.Handsets;

namespace Media.Engine.Tests.Calls;

/// <summary>The agent's phone speaks WebRTC, as a browser does: full ICE, DTLS, Opus.</summary>
public sealed class WebRtcPhoneTests : IAsyncLifetime
{
    private static readonly PbxMediaProfile Browser = new() { IsWebRtc = true, HoldMusicAfter = TimeSpan.FromSeconds(1) };

    private readonly MediaEngine _engine = new(EngineFixture.Options(20), TimeProvider.System);
    private readonly NativeHandset _user = new(new NativeHandsetOptions { Hertz = 1000 });
    private readonly NativeHandset _agent = new(new NativeHandsetOptions { Hertz = 600, FullIce = true });
    private readonly List<MediaEvent> _events = [];
    private MediaCall _call = null!;

    public async Task InitializeAsync()
    {
        await _engine.StartAsync(default);
        Assert.True(_engine.TryReserve(out var call));
        _call = call;
        await _user.ApplyAnswerAsync(Ok(await _call.AnswerWhatsAppOfferAsync(await _user.CreateOfferAsync(default)))!, default);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Both_hear_each_other_whoever_of_gateway_and_phone_offers(bool phoneOffers)
    {
        await ConnectAsync(_agent, phoneOffers);
        await TalkAsync();
        await TestCall.UntilAsync(() => _call.GetQuality().Pbx.Codec == "opus", "Opus on the pbx leg");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_handshake_is_begun_by_whom_the_descriptions_name(bool phoneBegins)
    {
        await using var agent = new NativeHandset(new NativeHandsetOptions { Hertz = 600, FullIce = true, DtlsClient = phoneBegins });
        await ConnectAsync(agent, phoneOffers: false);
        await OpenAsync(agent);
        await HearsAsync(_user, 600);
        await HearsAsync(agent, 1000);
    }

    [Fact]
    public async Task Keys_are_passed_both_ways()
    {
        await ConnectAsync(_agent, phoneOffers: true);
        await TalkAsync();
        await _agent.SendDigitsAsync("12#", default);
        await TestCall.UntilAsync(() => _user.Digits == "12#", "the agent's keys at the user");
        await _user.SendDigitsAsync("34*", default);
        await TestCall.UntilAsync(() => _agent.Digits == "34*", "the user's keys at the agent");
    }

    [Fact]
    public async Task A_hold_by_an_offer_plays_music_and_ends_by_the_next_one()
    {
        await ConnectAsync(_agent, phoneOffers: true);
        await TalkAsync();
        var offer = await _agent.CreateOfferAsync(default);
        var answer = Ok(await _call.AnswerPbxOfferAsync(offer.Replace("a=sendrecv", "a=sendonly", StringComparison.Ordinal), Browser))!;
        Assert.Contains("a=recvonly", answer, StringComparison.Ordinal);
        await SeeAsync<MediaEvent.PbxHeld>();
        Assert.Contains("a=sendrecv", Ok(await _call.AnswerPbxOfferAsync(offer, Browser)), StringComparison.Ordinal);
        await SeeAsync<MediaEvent.PbxResumed>();
        await HearsAsync(_user, 600);
        await HearsAsync(_agent, 1000);
    }

    [Fact]
    public async Task Audio_that_rests_at_port_0_comes_back_with_the_next_offer()
    {
        await ConnectAsync(_agent, phoneOffers: true);
        await TalkAsync();
        var offer = await _agent.CreateOfferAsync(default);
        var plain = new PbxMediaProfile();
        Ok(await _call.AnswerPbxOfferAsync(offer.Replace($"m=audio {_agent.Local.Port} ", "m=audio 0 ", StringComparison.Ordinal), plain));
        await SeeAsync<MediaEvent.PbxHeld>();
        Ok(await _call.AnswerPbxOfferAsync(offer, plain));
        await SeeAsync<MediaEvent.PbxResumed>();
        await HearsAsync(_agent, 1000);
    }

    [Fact]
    public async Task A_refresh_gets_the_same_answer_and_our_own_offer_names_the_same_ends()
    {
        var offer = await _agent.CreateOfferAsync(default);
        var answer = Ok(await _call.AnswerPbxOfferAsync(offer, new PbxMediaProfile()))!;
        Assert.Equal(answer, Ok(await _call.AnswerPbxOfferAsync(offer, new PbxMediaProfile())));
        var own = Ok(await _call.CreatePbxOfferAsync(new PbxMediaProfile()))!;
        foreach (var name in new[] { "a=ice-ufrag:", "a=ice-pwd:", "a=fingerprint:", "a=candidate:", "a=mid:" })
            Assert.Equal(Line(answer, name), Line(own, name));
        Assert.Contains("a=setup:actpass", own, StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_an_ICE_restart_with_the_same_certificate_audio_goes_on()
    {
        await ConnectAsync(_agent, phoneOffers: true);
        await TalkAsync();
        var offer = await _agent.CreateOfferAsync(default);
        var first = Ok(await _call.AnswerPbxOfferAsync(offer, Browser))!;
        var ufrag = Line(offer, "a=ice-ufrag:");
        var second = Ok(await _call.AnswerPbxOfferAsync(offer.Replace(ufrag, ufrag[..^4] + "wxyz", StringComparison.Ordinal), Browser))!;
        Assert.NotEqual(Line(first, "a=ice-ufrag:"), Line(second, "a=ice-ufrag:"));
        Assert.NotEqual(Line(first, "a=ice-pwd:"), Line(second, "a=ice-pwd:"));
        Assert.Equal(Line(first, "a=fingerprint:"), Line(second, "a=fingerprint:"));
        await HearsAsync(_user, 600); // on the way that there was
    }

    [Fact]
    public async Task A_desk_phone_takes_the_call_from_a_browser_and_gives_it_back()
    {
        await ConnectAsync(_agent, phoneOffers: false);
        await TalkAsync();
        using var desk = new PbxPhone(AudioCodec.Pcma, 450);
        var plain = new PbxMediaProfile();
        Ok(await _call.ApplyPbxAnswerAsync(desk.Answer(Ok(await _call.CreatePbxOfferAsync(plain))!), plain));
        desk.Talk();
        await HearsAsync(_user, 450);
        await TestCall.UntilAsync(() => TestCall.IsNear(desk.Hertz, 1000), "1000 Hz at the desk phone");
        desk.FallSilent();

        await using var other = new NativeHandset(new NativeHandsetOptions { Hertz = 750, FullIce = true });
        await ConnectAsync(other, phoneOffers: false);
        await other.OpenAudioAsync(default);
        await HearsAsync(_user, 750);
        await HearsAsync(other, 1000);
    }

    [Fact]
    public async Task Of_a_browser_and_a_desk_phone_that_ring_at_once_the_desk_phone_answers()
    {
        var plain = new PbxMediaProfile();
        using var desk = new PbxPhone(AudioCodec.Pcma, 450);
        var toBrowser = Ok(await _call.CreatePbxOfferAsync(Browser))!;
        var toDesk = Ok(await _call.CreatePbxOfferAsync(plain))!;
        Assert.Contains("UDP/TLS/RTP/SAVPF", toBrowser, StringComparison.Ordinal);
        Assert.Contains("RTP/AVP", toDesk, StringComparison.Ordinal);
        Assert.DoesNotContain("ice", toDesk, StringComparison.Ordinal);
        Ok(await _call.ApplyPbxAnswerAsync(desk.Answer(toDesk), plain));
        desk.Talk();
        await OpenAsync(_agent);
        await HearsAsync(_user, 450);
    }

    [Fact]
    public async Task A_phone_whose_certificate_is_another_than_it_said_is_not_heard()
    {
        await using var liar = new NativeHandset(
            new NativeHandsetOptions { FullIce = true, FalseFingerprint = string.Join(':', Enumerable.Repeat("AB", 32)) });
        await ConnectAsync(liar, phoneOffers: false);
        Assert.Equal(WebRtcFailure.FingerprintMismatch, (await SeeAsync<MediaEvent.PbxFailed>()).Reason);
    }

    [Fact]
    public async Task A_phone_that_never_checks_is_lost_with_a_reason()
    {
        await using var elsewhere = new NativeHandset(new NativeHandsetOptions { FullIce = true });
        Ok(await _call.AnswerPbxOfferAsync(await elsewhere.CreateOfferAsync(default), Browser)); // the answer does not reach it
        Assert.Equal(WebRtcFailure.IceFailed, (await SeeAsync<MediaEvent.PbxFailed>()).Reason);
    }

    [Fact]
    public async Task A_call_with_such_a_phone_has_no_snapshot()
    {
        await ConnectAsync(_agent, phoneOffers: true);
        await TalkAsync();
        Assert.Null(await _call.SnapshotAsync());
    }

    public async Task DisposeAsync()
    {
        await _call.ReleaseAsync();
        await _user.DisposeAsync();
        await _agent.DisposeAsync();
        await _engine.DisposeAsync();
    }

    private static string? Ok(SdpResult result) => TestCall.Ok(result);

    private static string Line(string sdp, string name) =>
        sdp.Split("\r\n").Single(line => line.StartsWith(name, StringComparison.Ordinal));

    private static Task HearsAsync(NativeHandset at, double hertz) => TestCall.UntilAsync(
        () => TestCall.IsNear(at.ReportAsync(default).Result.ToneHertz, hertz), $"{hertz} Hz");

    private async Task ConnectAsync(NativeHandset agent, bool phoneOffers)
    {
        if (phoneOffers)
        {
            await agent.ApplyAnswerAsync(Ok(await _call.AnswerPbxOfferAsync(await agent.CreateOfferAsync(default), Browser))!, default);
            return;
        }
        var offer = Ok(await _call.CreatePbxOfferAsync(Browser))!;
        Ok(await _call.ApplyPbxAnswerAsync(await agent.AcceptOfferAsync(offer, default), Browser));
    }

    private async Task TalkAsync()
    {
        await OpenAsync(_agent);
        await HearsAsync(_user, 600);
        await HearsAsync(_agent, 1000);
    }

    private async Task OpenAsync(NativeHandset agent)
    {
        await SeeAsync<MediaEvent.WhatsAppConnected>();
        await _user.OpenAudioAsync(default);
        await agent.OpenAudioAsync(default);
        _call.OpenAudio();
    }

    private async Task<T> SeeAsync<T>()
        where T : MediaEvent
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            if (_events.OfType<T>().FirstOrDefault() is { } seen)
            {
                _events.Remove(seen);
                return seen;
            }
            _events.Add(await _call.Events.ReadAsync(timeout.Token));
        }
    }
}
