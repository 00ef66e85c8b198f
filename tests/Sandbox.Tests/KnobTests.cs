using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Sandbox.Tests;

public sealed class KnobTests
{
    [Fact]
    public async Task A_refused_webhook_comes_again()
    {
        await using var rig = await Rig.StartAsync();
        rig.RefuseNext(2);
        var id = await rig.PlaceAsync();
        await rig.ExpectAsync("connect");
        var call = await rig.CallUntilAsync(id, view => view["timeline"]!.ToJsonString().Contains("attempt 3", StringComparison.Ordinal));
        Assert.Equal(["500, attempt 1", "500, attempt 2", "200, attempt 3"],
            call["timeline"]!.AsArray().Where(entry => (string?)entry!["kind"] == "webhook").Select(entry => (string?)entry!["detail"]));
    }

    [Fact]
    public async Task Copies_repeat_every_webhook_byte_for_byte()
    {
        await using var rig = await Rig.StartAsync();
        await rig.PutAsync("knobs", new { copies = 2 });
        await rig.PlaceAsync();
        Assert.Equal((await rig.ExpectAsync("connect")).Body, (await rig.ExpectAsync("connect")).Body);
    }

    [Fact]
    public async Task A_batch_holds_several_calls()
    {
        await using var rig = await Rig.StartAsync();
        await rig.PutAsync("knobs", new { batchMilliseconds = 300 });
        await Task.WhenAll(rig.PlaceAsync(), rig.PlaceAsync());
        Assert.Equal(2, (await rig.ExpectAsync("connect")).Changes.Count);
    }

    [Fact]
    public async Task Terminate_can_overtake_connect()
    {
        await using var rig = await Rig.StartAsync();
        await rig.PutAsync("knobs", new { terminateBeforeConnect = true });
        var id = await rig.PlaceAsync();
        await rig.PostAsync($"calls/{Uri.EscapeDataString(id)}/hangup");
        await rig.ExpectAsync("terminate");
        await rig.ExpectAsync("connect");
    }

    [Fact]
    public async Task States_can_come_in_any_order()
    {
        await using var rig = await OutboundCallTests.PermittedAsync(new { auto = "Answer" });
        await rig.PutAsync("knobs", new { ringingBeforeConnect = true });
        await rig.ConnectAsync();
        await rig.ExpectAsync("RINGING");
        await rig.ExpectAsync("connect");
        await rig.ExpectAsync("ACCEPTED");
    }

    [Fact]
    public async Task Accepted_can_overtake_ringing()
    {
        await using var rig = await OutboundCallTests.PermittedAsync(new { auto = "Answer" });
        await rig.PutAsync("knobs", new { acceptedBeforeRinging = true });
        await rig.ConnectAsync();
        await rig.ExpectAsync("connect");
        await rig.ExpectAsync("ACCEPTED");
        await rig.ExpectAsync("RINGING");
    }

    [Fact]
    public async Task Hidden_numbers_lower_case_integers_and_missing_contacts_show_in_the_body()
    {
        await using var rig = await OutboundCallTests.PermittedAsync();
        await rig.PutAsync("knobs", new { hidePhone = true, statusCase = "Lower", integerTimes = true, omitContacts = true });
        await rig.ConnectAsync();
        await rig.ExpectAsync("connect");
        var ringing = await rig.ExpectAsync("ringing");
        var status = ringing.Value["statuses"]![0]!;
        Assert.Null(status["recipient_id"]);
        Assert.NotNull(status["recipient_user_id"]);
        Assert.Equal(JsonValueKind.Number, status["timestamp"]!.GetValueKind());
        Assert.Null(ringing.Value["contacts"]);
    }

    [Theory]
    [InlineData("Value", false, true)]
    [InlineData("Call", true, false)]
    [InlineData("Both", true, true)]
    public async Task Errors_stand_where_the_knob_says(string place, bool inCall, bool inValue)
    {
        // The page refuses the offer, so the handset fails after the call has begun.
        await using var rig = await OutboundCallTests.PermittedAsync();
        await rig.PutAsync("knobs", new { errorsIn = place });
        await using var page = await PhonePage.OpenAsync(rig, Rig.User);
        await rig.ConnectAsync();
        await page.ReadAsync("incoming");
        await page.AnswerLastAsync(new { error = "no microphone" });
        var end = (await rig.ExpectAsync("terminate")).Value;
        Assert.Equal("FAILED", (string?)end["calls"]![0]!["status"]);
        Assert.Equal((inCall, inValue), (end["calls"]![0]!["errors"] is not null, end["errors"] is not null));
    }

    [Fact]
    public async Task The_legacy_object_can_stand_in_for_the_session()
    {
        await using var rig = await Rig.StartAsync();
        await rig.PutAsync("knobs", new { legacy = "Only" });
        await rig.PlaceAsync();
        var call = (await rig.ExpectAsync("connect")).Value["calls"]![0]!;
        Assert.Null(call["session"]);
        Assert.StartsWith("v=0", (string?)call["connection"]!["webrtc"]!["sdp"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bad_signature_is_sent_as_often_as_asked()
    {
        await using var rig = await Rig.StartAsync();
        await rig.PutAsync("knobs", new { badSignatures = 1 });
        await rig.PlaceAsync();
        await rig.PlaceAsync();
        Received[] both = [await rig.NextAsync(), await rig.NextAsync()];
        Assert.Single(both, webhook => webhook.Signature
            == "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes("sandbox-app-secret"), webhook.Body)));
    }

    [Fact]
    public async Task Planned_Graph_faults_hit_their_action_once_each()
    {
        await using var rig = await Rig.StartAsync();
        var id = await rig.PlaceAsync();
        await rig.PostAsync("faults", new { action = "accept", status = 503, code = 2 });
        Assert.Equal(HttpStatusCode.OK, (await rig.ActAsync("pre_accept", id, BusinessSdp.Answer)).Status);
        InboundCallTests.AssertFault(await rig.ActAsync("accept", id, BusinessSdp.Answer), HttpStatusCode.ServiceUnavailable, 2);
        Assert.Equal(HttpStatusCode.OK, (await rig.ActAsync("accept", id, BusinessSdp.Answer)).Status);
    }

    [Fact]
    public async Task An_answer_can_be_lost_after_the_effect()
    {
        await using var rig = await Rig.StartAsync();
        var id = await rig.PlaceAsync();
        await rig.PostAsync("faults", new { action = "accept", drop = true, afterEffect = true });
        await Assert.ThrowsAsync<HttpRequestException>(() => rig.ActAsync("accept", id, BusinessSdp.Answer));
        Assert.Equal("Active", (string?)(await rig.CallAsync(id))["state"]);
    }
}
