using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Sandbox.Tests;

public sealed class InboundCallTests
{
    [Fact]
    public async Task A_users_call_arrives_signed_with_an_offer_in_Metas_shape()
    {
        await using var rig = await Rig.StartAsync();
        await rig.UserAsync(new { name = "Ada" });
        await rig.PostAsync("calls", new { user = Rig.User, ctaPayload = "button-1" });

        var webhook = await rig.ExpectAsync("connect");
        var expected = "sha256=" + Convert.ToHexStringLower(
            HMACSHA256.HashData(Encoding.UTF8.GetBytes("sandbox-app-secret"), webhook.Body));
        Assert.Equal(expected, webhook.Signature);
        var call = webhook.Value["calls"]![0]!;
        Assert.Equal(("USER_INITIATED", Rig.User, "15550009000", "button-1", "offer"),
            ((string?)call["direction"], (
                string?)call["from"], (string?)call["to"], (string?)call["cta_payload"], (string?)call["session"]!["sdp_type"]));
        Assert.Equal("Ada", (string?)webhook.Value["contacts"]![0]!["profile"]!["name"]);
        var sdp = (string)call["session"]!["sdp"]!;
        Assert.Contains("a=ice-lite\r\nm=audio ", sdp, StringComparison.Ordinal);
        Assert.Contains("a=setup:actpass\r\na=mid:audio\r\na=sendrecv\r\n", sdp, StringComparison.Ordinal);
        Assert.Contains("a=rtpmap:111 opus/48000/2\r\n", sdp, StringComparison.Ordinal);
        Assert.EndsWith("a=ssrc:1 cname:WhatsAppAudioStream1\r\n", sdp, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pre_accept_then_accept_then_hang_up_is_one_answered_call()
    {
        await using var rig = await Rig.StartAsync();
        var id = await rig.PlaceAsync();
        await rig.ExpectAsync("connect");
        Assert.Equal(HttpStatusCode.OK, (await rig.ActAsync("pre_accept", id, BusinessSdp.Answer)).Status);
        var (status, body) = await rig.ActAsync("accept", id, BusinessSdp.Answer);
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.True((bool)body["success"]!);
        await rig.PostAsync($"calls/{Uri.EscapeDataString(id)}/hangup");

        var end = (await rig.ExpectAsync("terminate")).Value["calls"]![0]!;
        Assert.Equal("COMPLETED", (string?)end["status"]);
        Assert.NotNull(end["start_time"]);
        Assert.NotNull(end["duration"]);
        var timeline = (await rig.CallAsync(id))["timeline"]!.AsArray();
        Assert.Single(timeline, entry => (string?)entry!["what"] == "accept" && (string?)entry["detail"] == "200");
    }

    [Fact]
    public async Task Keys_that_the_end_of_the_call_overtakes_keep_nobody_waiting()
    {
        await using var rig = await Rig.StartAsync();
        var id = await rig.PlaceAsync();
        await rig.ActAsync("pre_accept", id, BusinessSdp.Answer);
        await rig.ActAsync("accept", id, BusinessSdp.Answer);
        var pressed = rig.PostAsync($"calls/{Uri.EscapeDataString(id)}/digits", new { digits = "5" }); // there is no media to send it by
        await rig.CallUntilAsync(id, view => view["timeline"]!.AsArray().Any(entry => (string?)entry!["what"] == "digits"));
        await rig.PostAsync($"calls/{Uri.EscapeDataString(id)}/hangup");
        await pressed.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Accept_must_repeat_the_SDP_of_pre_accept()
    {
        await using var rig = await Rig.StartAsync();
        var id = await rig.PlaceAsync();
        await rig.ActAsync("pre_accept", id, BusinessSdp.Answer);
        var other = BusinessSdp.Broken(BusinessSdp.Answer, "o=- 77 1", "o=- 77 2");
        AssertFault(await rig.ActAsync("accept", id, other), HttpStatusCode.BadRequest, 138008);
        Assert.Equal(HttpStatusCode.OK, (await rig.ActAsync("accept", id, BusinessSdp.Answer)).Status);
    }

    [Fact]
    public async Task Actions_in_the_wrong_state_are_refused()
    {
        await using var rig = await Rig.StartAsync();
        var id = await rig.PlaceAsync();
        await rig.ActAsync("pre_accept", id, BusinessSdp.Answer);
        AssertFault(await rig.ActAsync("pre_accept", id, BusinessSdp.Answer), HttpStatusCode.BadRequest, 100);
        AssertFault(await rig.ActAsync("reject", id), HttpStatusCode.BadRequest, 100);
        await rig.ActAsync("accept", id, BusinessSdp.Answer);
        AssertFault(await rig.ActAsync("accept", id, BusinessSdp.Answer), HttpStatusCode.BadRequest, 100);
        Assert.Equal(HttpStatusCode.OK, (await rig.ActAsync("terminate", id)).Status);
        AssertFault(await rig.ActAsync("terminate", id), HttpStatusCode.BadRequest, 100);
        AssertFault(await rig.ActAsync("accept", "wacid.nobody", BusinessSdp.Answer), HttpStatusCode.BadRequest, 100);
    }

    [Fact]
    public async Task The_session_of_an_answer_must_be_typed_answer()
    {
        await using var rig = await Rig.StartAsync();
        var id = await rig.PlaceAsync();
        AssertFault(await rig.ActAsync("accept", id, BusinessSdp.Answer, type: "offer"), HttpStatusCode.BadRequest, 100);
    }

    [Fact]
    public async Task A_rejected_call_ends_without_times()
    {
        await using var rig = await Rig.StartAsync();
        var id = await rig.PlaceAsync();
        await rig.ExpectAsync("connect");
        Assert.Equal(HttpStatusCode.OK, (await rig.ActAsync("reject", id)).Status);
        var end = (await rig.ExpectAsync("terminate")).Value["calls"]![0]!;
        Assert.Null(end["start_time"]);
        Assert.Null(end["duration"]);
    }

    [Fact]
    public async Task A_call_that_nobody_accepts_ends_by_itself()
    {
        await using var rig = await Rig.StartAsync(options => options with
        {
            Timers = options.Timers with { AcceptWindow = TimeSpan.FromMilliseconds(50) },
        });
        await rig.PlaceAsync();
        await rig.ExpectAsync("connect");
        await rig.ExpectAsync("terminate");
    }

    [Fact]
    public async Task Callback_permission_is_granted_by_calling()
    {
        await using var rig = await Rig.StartAsync();
        await rig.GraphAsync("settings", new { calling = new { callback_permission_status = "ENABLED" } });
        await rig.ExpectAsync("account_settings_update");
        var id = await rig.PlaceAsync();
        await rig.ExpectAsync("connect");
        var message = (await rig.ExpectAsync("interactive")).Value["messages"]![0]!;
        Assert.Equal(id, (string?)message["context"]!["id"]);
        Assert.Equal("automatic", (string?)message["interactive"]!["call_permission_reply"]!["response_source"]);
        var (_, permission) = await rig.GraphAsync(HttpMethod.Get, "call_permissions?user_wa_id=" + Rig.User);
        Assert.Equal("temporary", (string?)permission["permission"]!["status"]);
    }

    [Fact]
    public async Task A_native_handset_offers_its_own_address_and_G711_only_where_the_number_enables_it()
    {
        await using var rig = await Rig.StartAsync();
        await rig.PostAsync("calls", new { user = Rig.User, handset = "native" });
        var sdp = (string)(await rig.ExpectAsync("connect")).Value["calls"]![0]!["session"]!["sdp"]!;
        Assert.Matches(@"m=audio [1-9]\d* UDP/TLS/RTP/SAVPF 111 126\r\nc=IN IP4 127\.0\.0\.1\r\n", sdp);
        await rig.GraphAsync("settings", new { calling = new { audio = new { additional_codecs = new[] { "PCMU" } } } });
        await rig.PostAsync("calls", new { user = "15550001002", handset = "native" });
        Assert.Contains("a=rtpmap:0 PCMU/8000\r\n", (
            string?)(await rig.ExpectAsync("connect")).Value["calls"]![0]!["session"]!["sdp"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_call_reaches_a_number_with_calling_off()
    {
        await using var rig = await Rig.StartAsync(options => options with
        {
            Numbers = [options.Numbers[0] with { CallingStatus = "DISABLED" }],
        });
        using var response = await rig.Control.PostAsync("calls", JsonBody(new { user = Rig.User }));
        Assert.Equal(HttpStatusCode.Conflict, response.StatusCode);
        AssertFault(await rig.ConnectAsync(), HttpStatusCode.Unauthorized, 138000);
    }

    private static System.Net.Http.Json.JsonContent JsonBody(object body) => System.Net.Http.Json.JsonContent.Create(body);

    internal static void AssertFault((HttpStatusCode Status, JsonNode Body) answer, HttpStatusCode status, int code)
    {
        Assert.Equal((status, code), (answer.Status, (int)answer.Body["error"]!["code"]!));
        Assert.Equal("OAuthException", (string?)answer.Body["error"]!["type"]);
        Assert.StartsWith($"(#{code}) ", (string?)answer.Body["error"]!["message"], StringComparison.Ordinal);
        Assert.NotEmpty((string)answer.Body["error"]!["fbtrace_id"]!);
    }
}
