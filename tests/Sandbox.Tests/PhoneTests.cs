using System.Net;
using Sandbox.Handsets;

namespace Sandbox.Tests;

public sealed class PhoneTests
{
    [Fact]
    public async Task The_page_and_its_parts_are_served()
    {
        await using var rig = await Rig.StartAsync();
        foreach (var path in new[] { "/phone", "/phone/phone.js", "/phone/listen.js", "/phone/phone.css" })
            Assert.NotEmpty(await rig.Control.GetStringAsync(rig.Url + path));
    }

    [Fact]
    public async Task A_page_places_a_call_and_gets_the_answer_with_its_own_mid()
    {
        await using var rig = await Rig.StartAsync();
        await using var page = await PhonePage.OpenAsync(rig, Rig.User);
        await page.SendAsync(new { type = "place" });
        await page.ReadAsync("offer");
        await page.AnswerLastAsync(new { sdp = await new PaperHandset().CreateOfferAsync(default) });
        var id = (string)(await rig.ExpectAsync("connect")).Value["calls"]![0]!["id"]!;
        await rig.ActAsync("pre_accept", id, BusinessSdp.Answer);
        Assert.Contains("a=mid:0\r\n", (string?)(await page.ReadAsync("answer"))["sdp"], StringComparison.Ordinal);
        await rig.ActAsync("accept", id, BusinessSdp.Answer);
        await page.ReadAsync("open");

        await page.SendAsync(new { type = "report", connected = true, packetsReceived = 50, toneHertz = 1000.5, levelDb = -12 });
        var call = await rig.CallUntilAsync(id, view => (long)view["report"]!["packetsReceived"]! == 50);
        Assert.Equal(1000.5, (double)call["report"]!["toneHertz"]!);
        await page.SendAsync(new { type = "hangup" });
        await rig.ExpectAsync("terminate");
        await page.ReadAsync("close");
    }

    [Fact]
    public async Task A_page_rings_and_is_picked_up()
    {
        await using var rig = await OutboundCallTests.PermittedAsync();
        await using var page = await PhonePage.OpenAsync(rig, Rig.User);
        await rig.ConnectAsync();
        Assert.Equal(BusinessSdp.Offer, (string?)(await page.ReadAsync("incoming"))["sdp"]);
        await page.AnswerLastAsync(new { sdp = await new PaperHandset().AcceptOfferAsync(BusinessSdp.Offer, default) });
        await rig.ExpectAsync("connect");
        await rig.ExpectAsync("RINGING");
        await page.SendAsync(new { type = "pickup" });
        await rig.ExpectAsync("ACCEPTED");
        await page.ReadAsync("open");
    }

    [Fact]
    public async Task A_page_that_closes_hangs_up()
    {
        await using var rig = await OutboundCallTests.PermittedAsync();
        var page = await PhonePage.OpenAsync(rig, Rig.User);
        await rig.ConnectAsync();
        await page.ReadAsync("incoming");
        await page.AnswerLastAsync(new { sdp = await new PaperHandset().AcceptOfferAsync(BusinessSdp.Offer, default) });
        await rig.ExpectAsync("connect");
        await rig.ExpectAsync("RINGING");
        await page.DisposeAsync();
        await rig.ExpectAsync("terminate");
        InboundCallTests.AssertFault(await rig.ConnectAsync(), HttpStatusCode.BadRequest, 138001);
    }

    [Theory]
    [InlineData(0, "FAILED")]
    [InlineData(10, "FAILED")]
    public async Task Silence_ends_an_answered_call(int packets, string status)
    {
        await using var rig = await Rig.StartAsync(options => options with
        {
            Timers = options.Timers with { FirstMedia = TimeSpan.FromMilliseconds(150), Silence = TimeSpan.FromMilliseconds(150) },
        });
        await using var page = await PhonePage.OpenAsync(rig, Rig.User);
        await page.SendAsync(new { type = "place" });
        await page.ReadAsync("offer");
        await page.AnswerLastAsync(new { sdp = await new PaperHandset().CreateOfferAsync(default) });
        var id = (string)(await rig.ExpectAsync("connect")).Value["calls"]![0]!["id"]!;
        await page.SendAsync(new { type = "report", connected = true, packetsReceived = packets });
        await rig.ActAsync("accept", id, BusinessSdp.Answer);
        var end = (await rig.ExpectAsync("terminate")).Value;
        Assert.Equal((status, 138021), ((string?)end["calls"]![0]!["status"], (int)end["errors"]![0]!["code"]!));
    }
}
