using Media.Engine.Loop;
using Media.Engine.Tests.Peers;
using Media.Protocols.Sdp;
using Sandbox.Handsets;

namespace Media.Engine.Tests.Calls;

/// <summary>Phones that ring at once for one call, over a trunk each: every one has an offer of its own, and one of them answers.</summary>
public sealed class RingingPhonesTests : IAsyncLifetime
{
    private static readonly PbxMediaProfile Plain = new() { Security = SrtpPolicy.None, Codecs = [AudioCodec.Pcma, AudioCodec.Pcmu] };
    private static readonly PbxMediaProfile Secure = new() { Security = SrtpPolicy.Required, Codecs = [AudioCodec.Pcmu] };

    private readonly MediaEngine _engine = new(Options(), TimeProvider.System);
    private readonly NativeHandset _handset = new();
    private readonly PbxPhone _plainPhone = new(AudioCodec.Pcma, 500);
    private readonly PbxPhone _securePhone = new(AudioCodec.Pcmu, 700, secure: true);
    private MediaCall _call = null!;

    public async Task InitializeAsync()
    {
        await _engine.StartAsync(default);
        Assert.True(_engine.TryReserve(out var call));
        _call = call;
        await _handset.ApplyAnswerAsync(
            TestCall.Ok(await _call.AnswerWhatsAppOfferAsync(await _handset.CreateOfferAsync(default)))!, default);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Whichever_of_a_plain_and_a_secure_phone_answers_is_heard_and_the_other_is_not(bool secureWins, bool inOtherNetworks)
    {
        var plain = inOtherNetworks ? Plain with { Address = "127.0.0.2" } : Plain;
        var plainOffer = TestCall.Ok(await _call.CreatePbxOfferAsync(plain))!;
        var secureOffer = TestCall.Ok(await _call.CreatePbxOfferAsync(Secure))!;
        Assert.DoesNotContain("a=crypto", plainOffer, StringComparison.Ordinal);
        Assert.Contains("RTP/SAVP", secureOffer, StringComparison.Ordinal);
        Assert.Contains(inOtherNetworks ? "IN IP4 127.0.0.2" : "IN IP4 127.0.0.1", plainOffer, StringComparison.Ordinal);
        Assert.Contains("c=IN IP4 127.0.0.1", secureOffer, StringComparison.Ordinal);
        var plainAnswer = _plainPhone.Answer(plainOffer);
        var secureAnswer = _securePhone.Answer(secureOffer);

        // The loser has early media; it goes on sending until it hears of the end.
        Ok(secureWins ? await _call.ApplyPbxAnswerAsync(plainAnswer, plain) : await _call.ApplyPbxAnswerAsync(secureAnswer, Secure));
        _plainPhone.Talk();
        _securePhone.Talk();
        Ok(secureWins ? await _call.ApplyPbxAnswerAsync(secureAnswer, Secure) : await _call.ApplyPbxAnswerAsync(plainAnswer, plain));

        await WaitForConnectedAsync();
        await _handset.OpenAudioAsync(default);
        _call.OpenAudio();
        await HandsetHearsAsync(secureWins ? 700 : 500);
        var winner = secureWins ? _securePhone : _plainPhone;
        await TestCall.UntilAsync(() => winner.Hertz is > 990 and < 1010, "1000 Hz at the phone that answered");
        await HandsetHearsAsync(secureWins ? 700 : 500);
    }

    [Fact]
    public async Task An_answer_to_an_offer_that_was_not_made_is_refused()
    {
        var answer = _plainPhone.Answer(TestCall.Ok(await _call.CreatePbxOfferAsync(Plain))!);
        Assert.Equal(SdpError.NoOfferMade, (await _call.ApplyPbxAnswerAsync(answer, Secure)).Error);
        Ok(await _call.ApplyPbxAnswerAsync(answer, Plain));
    }

    [Fact]
    public async Task A_plain_answer_to_the_secure_offer_is_refused_although_a_plain_offer_was_made_too()
    {
        var answer = _plainPhone.Answer(TestCall.Ok(await _call.CreatePbxOfferAsync(Secure))!);
        TestCall.Ok(await _call.CreatePbxOfferAsync(Plain));
        Assert.Equal(SdpError.SrtpRequired, (await _call.ApplyPbxAnswerAsync(answer, Secure)).Error);
    }

    public async Task DisposeAsync()
    {
        await _call.ReleaseAsync();
        await _handset.DisposeAsync();
        _plainPhone.Dispose();
        _securePhone.Dispose();
        await _engine.DisposeAsync();
    }

    private static MediaEngineOptions Options()
    {
        var options = EngineFixture.Options(20);
        return options with { Pbx = options.Pbx with { Bindings = [new(), new() { Bind = "127.0.0.2" }] } };
    }

    private static void Ok(SdpResult result) => TestCall.Ok(result);

    private async Task WaitForConnectedAsync()
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (await _call.Events.ReadAsync(timeout.Token) is not MediaEvent.WhatsAppConnected)
        {
        }
    }

    private Task HandsetHearsAsync(double hertz) => TestCall.UntilAsync(
        () => _handset.ReportAsync(default).Result.ToneHertz is { } heard && Math.Abs(heard - hertz) < 12, $"{hertz} Hz at the handset");
}
