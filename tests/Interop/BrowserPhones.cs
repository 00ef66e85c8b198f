using Interop.Bench;
using Interop.Browser;
using Media.Engine;
using Media.Engine.Loop;
using Sandbox;
using Sandbox.Handsets;

namespace Interop;

/// <summary>
/// Chromium as the agent's phone, at the pbx leg of a media engine: its ICE, DTLS, SRTP and Opus are not ours. No signalling.
/// </summary>
[Collection(InteropCollection.Name)]
public sealed class BrowserPhones : IAsyncLifetime
{
    private const double UserHertz = 700;

    private static readonly PbxMediaProfile Profile = new() { IsWebRtc = true };

    private readonly MediaEngine _engine = new(new MediaEngineOptions { Loops = 1 }, TimeProvider.System);
    private readonly NativeHandset _user = new(new NativeHandsetOptions { Hertz = UserHertz });
    private WhatsApp _pages = null!;
    private ChromiumPhone _chromium = null!;
    private MediaCall _call = null!;

    public async Task InitializeAsync()
    {
        await _engine.StartAsync(default);
        _pages = await WhatsApp.StartAsync([], "http://127.0.0.1:9/", new SandboxTimers());
        _chromium = await ChromiumPhone.OpenAsync(_pages);
        Assert.True(_engine.TryReserve(out var call));
        _call = call;
        await _user.ApplyAnswerAsync(Sdp(await _call.AnswerWhatsAppOfferAsync(await _user.CreateOfferAsync(default))), default);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_browser_as_the_agents_phone_hears_the_user_and_is_heard(bool browserOffers)
    {
        await using var agent = _pages.HandsetOf(_chromium.User);
        if (browserOffers)
            await agent.ApplyAnswerAsync(Sdp(await _call.AnswerPbxOfferAsync(await agent.CreateOfferAsync(default), Profile)), default);
        else
            Sdp(await _call.ApplyPbxAnswerAsync(
                await agent.AcceptOfferAsync(Sdp(await _call.CreatePbxOfferAsync(Profile)), default), Profile));
        await foreach (var happened in _call.Events.ReadAllAsync())
            if (happened is MediaEvent.WhatsAppConnected)
                break;
        await _user.OpenAudioAsync(default);
        await agent.OpenAudioAsync(default);
        _call.OpenAudio();

        await HearsAsync(agent, UserHertz, "the browser hears the user");
        await HearsAsync(_user, UserCall.Hertz, "the user hears the browser");
        await Eventually.SeeAsync(() => _call.GetQuality().Pbx.Codec == "opus", "Opus on the pbx leg");
    }

    public async Task DisposeAsync()
    {
        await _call.ReleaseAsync();
        await _user.DisposeAsync();
        await _chromium.DisposeAsync();
        await _pages.DisposeAsync();
        await _engine.DisposeAsync();
    }

    private static string Sdp(SdpResult result)
    {
        Assert.True(result.Succeeded, $"{result.Refusal} {result.Detail}");
        return result.Sdp ?? "";
    }

    private static Task HearsAsync(IHandset at, double hertz, string what) =>
        Eventually.SeeAsync(async () => UserCall.IsTone(await at.ReportAsync(default), hertz), what, TimeSpan.FromSeconds(60));
}
