using System.Text.Json.Nodes;
using Gateway.Calls;
using Gateway.WhatsApp.Webhooks;
using Media.Engine;
using Media.Engine.Loop;
using Media.Protocols.Primitives;

namespace Sandbox.Tests;

/// <summary>
/// The sandbox and the gateway's WhatsApp half, written independently, interoperate: Graph, webhooks, SDP, ICE, DTLS, SRTP, Opus.
/// </summary>
public sealed class AgreementTests
{
    [Fact]
    public async Task An_inbound_call_is_heard_by_a_native_handset()
    {
        await using var rig = await Rig.StartAsync(options => options with { DefaultHandset = "native" });
        await using var business = await BusinessSide.StartAsync(rig);
        var id = await rig.PlaceAsync();
        var (call, media) = await business.AnswerAsync();
        Assert.Equal(id, call.CallId);
        await AssertHeardAsync(rig, id, media, early: 0);
        Assert.True((await business.Graph.TerminateAsync(BusinessSide.Number, id)).IsSuccess);
        Assert.Equal(TerminateOutcome.Completed, (await business.NextAsync<WebhookEvent.CallTerminate>()).Outcome);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("US.77" + Rig.User)]
    public async Task An_outbound_call_is_heard_by_a_native_handset(string? userId)
    {
        await using var rig = await OutboundCallTests.PermittedAsync(new { auto = "Answer", handset = "native" });
        await using var business = await BusinessSide.StartAsync(rig);
        var (id, media) = await business.CallAsync(userId);
        await AssertHeardAsync(rig, id, media, early: 0);
        await rig.PostAsync($"calls/{Uri.EscapeDataString(id)}/hangup");
        Assert.NotNull((await business.NextAsync<WebhookEvent.CallTerminate>()).Duration);
    }

    [Theory]
    [InlineData("active")]
    [InlineData("passive")]
    public async Task Either_DTLS_role_in_Metas_answer_works(string setup)
    {
        await using var rig = await OutboundCallTests.PermittedAsync(new { auto = "Answer", handset = "native" });
        await rig.PutAsync("knobs", new { answerSetup = setup });
        await using var business = await BusinessSide.StartAsync(rig);
        var (id, media) = await business.CallAsync();
        await AssertHeardAsync(rig, id, media, early: 0);
    }

    [Fact]
    public async Task Keys_of_the_user_reach_the_business()
    {
        await using var rig = await Rig.StartAsync(options => options with { DefaultHandset = "native" });
        await using var business = await BusinessSide.StartAsync(rig);
        var id = await rig.PlaceAsync();
        var (_, media) = await business.AnswerAsync();
        await rig.PostAsync($"calls/{Uri.EscapeDataString(id)}/digits", new { digits = "19*#D" });
        var heard = "";
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (heard.Length < 5)
            if (await media.Events.ReadAsync(limit.Token) is MediaEvent.DigitReceived { Leg: CallLeg.WhatsApp } key)
                heard += key.Digit;
        Assert.Equal("19*#D", heard);
        foreach (var digit in "40A")
            media.SendDigit(CallLeg.WhatsApp, digit, TimeSpan.FromMilliseconds(100));
        await rig.CallUntilAsync(id, view => (string?)view["report"]!["digitsReceived"] == "40A");
    }

    public static TheoryData<string> Bent => new(
        """{"hidePhone":true}""", """{"hidePhone":true,"omitContacts":true}""",
        """{"swapNumbers":true}""", """{"swapNumbers":true,"omitContacts":true}""",
        """{"statusCase":"Lower","integerTimes":true}""", """{"statusCase":"Title"}""", """{"legacy":"Also"}""", """{"legacy":"Only"}""");

    [Theory]
    [MemberData(nameof(Bent))]
    public async Task The_gateway_reads_a_call_however_its_webhooks_are_bent(string knobs)
    {
        await using var rig = await OutboundCallTests.PermittedAsync(new { auto = "Answer" });
        await rig.PutAsync("knobs", JsonNode.Parse(knobs)!);
        await using var business = await BusinessSide.StartAsync(rig);
        var id = (await business.Graph.ConnectAsync(BusinessSide.Number, new WhatsAppUser(Rig.User), BusinessSdp.Offer, "order-1")).Value!;

        var connect = await business.NextAsync<WebhookEvent.CallConnect>();
        Assert.Equal((id, CallDirection.Outbound, SdpType.Answer, "order-1"), (
            connect.CallId, connect.Direction, connect.SdpType, connect.OpaqueData));
        Assert.Equal("15550009000", connect.BusinessPhone);
        AssertUser(connect.User, knobs);
        foreach (var state in new[] { RemoteCallState.Ringing, RemoteCallState.Accepted })
        {
            var status = await business.NextAsync<WebhookEvent.CallStatus>();
            Assert.Equal((id, state), (status.CallId, status.State));
            Assert.NotNull(status.Timestamp);
            AssertUser(status.User, knobs);
        }
        await business.Graph.TerminateAsync(BusinessSide.Number, id);
        var end = await business.NextAsync<WebhookEvent.CallTerminate>();
        Assert.Equal((id, TerminateOutcome.Completed), (end.CallId, end.Outcome));
        Assert.NotNull(end.Duration);
        AssertUser(end.User, knobs);
    }

    [BrowserFact]
    public async Task An_inbound_call_from_a_browser_is_heard_at_both_ends()
    {
        await using var rig = await Rig.StartAsync();
        await using var business = await BusinessSide.StartAsync(rig);
        await using var browser = Browser.Open(rig.Url + $"/phone?user={Rig.User}&tone=1000&place=1");
        var (call, media) = await business.AnswerAsync();
        await AssertHeardAsync(rig, call.CallId, media, early: null);
        await rig.PostAsync($"calls/{Uri.EscapeDataString(call.CallId)}/digits", new { digits = "5#" });
        await rig.PostAsync($"calls/{Uri.EscapeDataString(call.CallId)}/hangup");
        await business.NextAsync<WebhookEvent.CallTerminate>();
    }

    [BrowserFact]
    public async Task An_outbound_call_is_answered_by_a_browser_and_heard_at_both_ends()
    {
        await using var rig = await OutboundCallTests.PermittedAsync();
        await using var business = await BusinessSide.StartAsync(rig);
        await using var browser = Browser.Open(rig.Url + $"/phone?user={Rig.User}&auto=answer");
        await rig.UntilAsync("users", users => (string?)users[0]!["handset"] == "browser");
        var (id, media) = await business.CallAsync();
        await AssertHeardAsync(rig, id, media, early: null);
    }

    private static void AssertUser(WhatsAppUser user, string knobs)
    {
        Assert.Equal("US.77" + Rig.User, user.UserId);
        Assert.Equal(knobs.Contains("hidePhone", StringComparison.Ordinal) ? null : Rig.User, user.Phone);
    }

    /// <summary>The handset hears the business's ringing tone, and the business receives the handset's audio.</summary>
    private static async Task AssertHeardAsync(Rig rig, string id, MediaCall media, long? early)
    {
        var call = await rig.CallUntilAsync(id, view => (double?)view["report"]!["toneHertz"] is > 415 and < 435);
        Assert.True((bool)call["report"]!["connected"]!);
        Assert.Equal(early, early is null ? null : (long?)call["report"]!["earlyPackets"]);
        Assert.Single(call["timeline"]!.AsArray(), entry => IsAnswer(entry!));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (media.GetQuality().WhatsApp.PacketsReceived < 20)
            await Task.Delay(20, limit.Token);
    }

    private static bool IsAnswer(JsonNode entry) => (string?)entry["kind"] == "graph" && (string?)entry["what"] is "accept" or "connect";
}
