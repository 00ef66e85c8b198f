using System.Net;
using static Sandbox.Tests.InboundCallTests;

namespace Sandbox.Tests;

public sealed class GraphRuleTests
{
    [Fact]
    public async Task A_wrong_token_and_a_strange_number_are_refused()
    {
        await using var rig = await Rig.StartAsync();
        AssertFault(await rig.GraphAsync(HttpMethod.Get, "/v25.0/999/settings"), HttpStatusCode.BadRequest, 100);
        rig.Graph.DefaultRequestHeaders.Authorization = new("Bearer", "stolen");
        AssertFault(await rig.GraphAsync(HttpMethod.Get, "settings"), HttpStatusCode.Unauthorized, 190);
        rig.Graph.DefaultRequestHeaders.Authorization = null;
        Assert.Equal(HttpStatusCode.Unauthorized, (await rig.GraphAsync(HttpMethod.Get, "settings")).Status);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{\"action\":\"connect\",\"action\":\"connect\"}")]
    [InlineData("{\"messaging_product\":\"whatsapp\",\"action\":7}")]
    [InlineData("{\"messaging_product\":\"whatsapp\",\"action\":\"connect\",\"to\":\"bob\"}")]
    [InlineData("{\"messaging_product\":\"whatsapp\",\"action\":\"connect\",\"session\":\"x\",\"to\":\"15550001001\"}")]
    public async Task A_body_that_makes_no_sense_is_an_invalid_parameter(string body)
    {
        await using var rig = await Rig.StartAsync();
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        using var response = await rig.Graph.PostAsync("calls", content);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("\"code\":100", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_change_member_by_member_but_call_hours_as_a_whole()
    {
        await using var rig = await Rig.StartAsync();
        object week = new[] { new { day_of_week = "MONDAY", open_time = "0900", close_time = "1700" } };
        object holidays = new[] { new { date = "2999-01-01", start_time = "0000", end_time = "2359" } };
        await SetAsync(rig, new { call_hours =
            new { status = "ENABLED", timezone_id = "Europe/Berlin", weekly_operating_hours = week, holiday_schedule = holidays } });
        await SetAsync(rig, new { audio = new { additional_codecs = new[] { "PCMA" } } });
        await SetAsync(rig, new { call_hours = new { status = "ENABLED", timezone_id = "Europe/Berlin", weekly_operating_hours = week } });
        var (_, read) = await rig.GraphAsync(HttpMethod.Get, "settings");
        Assert.Null(read["calling"]!["call_hours"]!["holiday_schedule"]);
        Assert.Equal("PCMA", (string?)read["calling"]!["audio"]!["additional_codecs"]![0]);
        Assert.Equal("ENABLED", (string?)read["calling"]!["status"]);
    }

    [Theory]
    [InlineData("{\"calling\":{\"status\":\"ON\"}}")]
    [InlineData("{\"calling\":{\"colour\":\"red\"}}")]
    [InlineData("{\"calling\":{\"audio\":{\"additional_codecs\":[\"G729\"]}}}")]
    [InlineData("{\"calling\":{\"sip\":{\"status\":\"ENABLED\"}}}")]
    [InlineData("{\"calling\":{\"call_icons\":{\"restrict_to_user_countries\":[\"usa\"]}}}")]
    [InlineData(
        "{\"calling\":{\"call_hours\":{\"status\":\"ENABLED\",\"timezone_id\":\"Europe/Berlin\"," +
            "\"weekly_operating_hours\":[{\"day_of_week\":\"MONDAY\",\"open_time\":\"1700\",\"close_time\":\"0900\"}]}}}")]
    [InlineData("{\"calling\":{\"call_hours\":{\"status\":\"ENABLED\",\"timezone_id\":\"Europe/Berlin\",\"weekly_operating_hours\":[7]}}}")]
    public async Task Settings_outside_the_documented_values_are_refused(string body)
    {
        await using var rig = await Rig.StartAsync();
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        using var response = await rig.Graph.PostAsync("settings", content);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    private static async Task SetAsync(Rig rig, object calling) =>
        Assert.Equal(HttpStatusCode.OK, (await rig.GraphAsync("settings", new { calling })).Status);
}
