using CallState = Sandbox.Calls.CallState;
using Gateway.Calls;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Messages;
using Gateway.Sip.Profiles;
using Gateway.Worker.Configuration;
using Gateway.Worker.Legs;
using Gateway.Worker.Tests.Calls.Bench;
using Media.Engine;
using Sandbox.Handsets;
using Sandbox.Users;
using Testing;

namespace Gateway.Worker.Tests.Calls;

/// <summary>The agent's phone speaks WebRTC, as a browser does; its signalling here comes over UDP.</summary>
[Collection(StoresCollection.Name)]
public sealed class WebRtcAgentTests(Stores stores)
{
    private const double AgentHertz = 640;

    [Fact]
    public async Task An_agent_who_dials_from_a_browser_and_the_user_hear_each_other()
    {
        await using var bench = await CallBench.StartAsync(stores);
        await using var phone = new NativeHandset(new NativeHandsetOptions { Hertz = AgentHertz, FullIce = true });
        var user = bench.WhatsApp.User(AutoMode.Answer, handset: "native");
        var agent = bench.Pbx.Dial(user.Phone, sdp: await phone.CreateOfferAsync(default));
        var answered = await agent.NextAsync<SipCallEvent.Answered>();
        await phone.ApplyAnswerAsync(answered.Sdp!, default);
        await phone.OpenAudioAsync(default);

        var call = await bench.WhatsApp.CallToAsync(user, CallState.Active);
        await WhatsAppSide.HearsAsync(call, AgentHertz);
        await Eventually.SeeAsync(
            () => phone.ReportAsync(default).Result.ToneHertz is { } heard && Math.Abs(heard - WhatsAppSide.Hertz) < 8,
            "the browser hears the user");
        await agent.HangUpAsync();
        await bench.EndsAsync(call, HangupCause.PbxHungUp);
    }

    [Fact]
    public async Task A_browser_that_never_checks_ends_the_call_with_its_cause()
    {
        await using var bench = await CallBench.StartAsync(stores);
        await using var phone = new NativeHandset(new NativeHandsetOptions { FullIce = true });
        var user = bench.WhatsApp.User(AutoMode.Answer, handset: "native");
        var agent = bench.Pbx.Dial(user.Phone, sdp: await phone.CreateOfferAsync(default)); // the answer does not reach its media
        await agent.EndedAsync();
        await bench.EndsAsync(user, HangupCause.MediaFailed);
    }

    [Theory]
    [InlineData("sip:ada@x1y2.invalid;transport=ws", true)]
    [InlineData("sip:ada@x1y2.invalid;transport=WSS", true)]
    [InlineData("sip:ada@192.0.2.1:5060;transport=tcp", false)]
    [InlineData("sip:ada@192.0.2.1:5060", false)]
    public void Who_registered_over_a_WebSocket_is_offered_WebRTC(string contact, bool isOffered)
    {
        var trunk = new PbxTrunk("phones", new PbxMediaProfile(), DelayedOffer: true, EarlyRingback: false, DtmfFallback.Auto);
        var trunks = new PbxTrunks(null!, [trunk]);
        Assert.True(SipUri.TryParse(contact, out var uri));
        var way = trunks.WayOf(
            new SipInviteRequest { Trunk = "phones", TargetUser = "ada", Caller = new SipParty("1", "One"), Target = uri });
        Assert.Equal((isOffered, !isOffered), (way.Media.IsWebRtc, way.DelayedOffer));
    }
}
