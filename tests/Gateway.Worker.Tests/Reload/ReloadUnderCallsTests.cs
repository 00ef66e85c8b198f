using System.Text.Json.Nodes;
using Dapper;
using Gateway.Worker.Tests.Calls.Bench;
using Npgsql;
using Sandbox.Calls;

namespace Gateway.Worker.Tests.Reload;

/// <summary>The configuration is replaced under calls of every age: none is lost, and each new one goes by the new configuration.</summary>
public sealed class ReloadUnderCallsTests(ReloadBench bench) : IClassFixture<ReloadBench>
{
    private const int LiveCalls = 6;

    [Fact]
    public async Task A_trunk_is_added_a_certificate_renewed_and_a_profile_changed_without_a_lost_call()
    {
        var live = new List<(SandboxCall Call, PbxCall Agent)>();
        for (var i = 0; i < LiveCalls; i++)
            live.Add(await bench.Worker.LiveAsync());
        var ringing = await bench.Worker.WhatsApp.PlaceAsync();
        var phone = await bench.Worker.Pbx.NextAsync();
        await phone.RingAsync();
        Assert.Contains("PCMA", phone.Sip.Info.Offer!, StringComparison.Ordinal);

        // calls come all the while; those that begin after the change go by it
        using var stop = new CancellationTokenSource();
        var traffic = PlaceAsync(stop.Token);
        SetCodecs("[pcmu]");
        bench.WriteCertificate("second", days: 90);
        bench.Edit(root =>
        {
            bench.AddSecond(root);
            root["node"]!["maxCalls"] = 500;
        });
        var report = await bench.ReloadAsync();
        Assert.Empty(report.Errors);
        Assert.Equal(
            ["node.maxCalls", "sip.trunks['second']", "sip.profiles (of trunk 'main')", "certificate 'server'"], report.Applied);
        Assert.Empty(report.NeedsRestart);
        Assert.Equal("CN=second", await bench.ServedAsync());

        // what is in progress ends as it would have
        await phone.AnswerAsync();
        await Eventually.SeeAsync(() => bench.Worker.RowsAsync(ringing), rows => rows is [{ Answered: true }], "it is picked up");
        foreach (var (call, agent) in live)
        {
            await agent.HangUpAsync();
            await Eventually.SeeAsync(() => bench.Worker.RowsAsync(call), rows => rows is [{ Cause: "pbx_hung_up" }], "it ended in order");
        }
        Assert.True(await bench.Worker.WhatsApp.HangUpAsync(ringing));
        await phone.EndedAsync();
        await stop.CancelAsync();
        foreach (var call in await traffic)
            await Eventually.SeeAsync(() => bench.Worker.RowsAsync(call), rows => rows is [{ Answered: true, Cause: "pbx_hung_up" }],
                "a call around the change was answered", rows => string.Join(", ", rows));

        // the new trunk carries a call each way
        bench.Edit(root => root["channels"]![0]!["trunks"] = new JsonArray("second"));
        Assert.Equal(["channels['" + bench.Worker.WhatsApp.Number.PhoneNumberId + "'].trunks"], (await bench.ReloadAsync()).Applied);
        var toSecond = await bench.Worker.WhatsApp.PlaceAsync();
        var agentOfSecond = await bench.Second.NextAsync();
        Assert.DoesNotContain("PCMA", agentOfSecond.Sip.Info.Offer!, StringComparison.Ordinal);
        await agentOfSecond.AnswerAsync();
        await Eventually.SeeAsync(() => bench.Worker.RowsAsync(toSecond), rows => rows is [{ Answered: true }], "it is answered there");
        await agentOfSecond.HangUpAsync();
        var user = bench.Worker.WhatsApp.User();
        var dialled = bench.Second.Dial("+" + user.Phone);
        Assert.True(await bench.Worker.WhatsApp.AnswerAsync(await bench.Worker.WhatsApp.CallToAsync(user)));
        await dialled.AnsweredAsync();

        // the trunk is removed under that call, which goes on to its end, and no new one is taken
        bench.Edit(root =>
        {
            root["channels"]![0]!["trunks"] = new JsonArray("main");
            root["sip"]!["trunks"]!.AsArray().RemoveAt(1);
        });
        Assert.Empty((await bench.ReloadAsync()).Errors);
        Assert.Equal(403, (await bench.Second.Dial("+" + bench.Worker.WhatsApp.User().Phone).FailedAsync()).Status);
        await dialled.HangUpAsync();
        await Eventually.SeeAsync(
            () => bench.Worker.RowsAsync(bench.Worker.WhatsApp.Calls.Last(call => call.User == user)),
            rows => rows is [{ Cause: "pbx_hung_up" }], "the call of the removed trunk ended in order");
    }

    [Fact]
    public async Task Limits_change_without_a_restart()
    {
        using var restored = bench.Restored();
        bench.Edit(root =>
        {
            (root["node"]!["drainDeadline"], root["storage"]!["spoolLimit"]) = ("00:00:07", 5000);
            root["permissions"] = new JsonObject { ["requestsPerDay"] = 2, ["returnCallFor"] = "01:00:00" };
            (root["calls"]!["outageCap"], root["calls"]!["ending"]) = (3, "00:00:04");
        });
        var report = await bench.ReloadAsync();
        Assert.Empty(report.Errors);
        Assert.Empty(report.NeedsRestart);
        Assert.Equal(
            [
                "calls.ending", "calls.outageCap", "node.drainDeadline", "permissions.requestsPerDay", "permissions.returnCallFor",
                "storage.spoolLimit",
            ],
            report.Applied.Order(StringComparer.Ordinal));
        restored.Dispose();
        await bench.ReloadAsync(); // for the other tests
    }

    [Fact]
    public async Task A_number_that_is_corrected_is_that_of_its_channel_everywhere()
    {
        using var restored = bench.Restored();
        var id = bench.Worker.WhatsApp.Number.PhoneNumberId;
        bench.Edit(root => root["channels"]![0]!["number"] = "493012345678");
        Assert.Equal([$"channels['{id}'].number"], (await bench.ReloadAsync()).Applied);
        await using (var connection = new NpgsqlConnection(bench.Worker.Postgres))
            Assert.Equal(
                ("493012345678", "DE"),
                await connection.QuerySingleAsync<(string, string)>("SELECT number, country FROM channels WHERE id = @id", new { id }));
        restored.Dispose();
        await bench.ReloadAsync(); // for the other tests
    }

    [Fact]
    public async Task What_is_logged_changes_without_a_restart()
    {
        using var restored = bench.Restored();
        bench.Edit(root => root["log"] = new JsonObject { ["level"] = "Debug" });
        Assert.Equal(["log.level"], (await bench.ReloadAsync()).Applied);
        await Eventually.SeeAsync(
            async () =>
            {
                var (_, agent) = await bench.Worker.LiveAsync();
                await agent.HangUpAsync();
                return bench.Worker.Log();
            },
            log => log.Contains("\"LogLevel\":\"Debug\"", StringComparison.Ordinal), "a call's changes of state", log => log);
        restored.Dispose();
        await bench.ReloadAsync(); // for the other tests
    }

    private async Task<IReadOnlyList<SandboxCall>> PlaceAsync(CancellationToken stop)
    {
        var placed = new List<SandboxCall>();
        while (!stop.IsCancellationRequested)
        {
            var (call, agent) = await bench.Worker.LiveAsync();
            placed.Add(call);
            await agent.HangUpAsync();
        }
        return placed;
    }

    private void SetCodecs(string codecs)
    {
        var path = Path.Combine(bench.Profiles, "generic.yaml");
        var text = File.ReadAllText(path);
        File.WriteAllText(path, text.Replace("[pcma, pcmu, g722]", codecs, StringComparison.Ordinal));
    }
}
