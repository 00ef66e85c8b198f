using Gateway.Calls;
using Gateway.WhatsApp.Webhooks;
using Gateway.Worker.Calls;
using Gateway.Worker.Channels;
using Gateway.Worker.Tests.Calls.Bench;
using Npgsql;
using Sandbox;
using Testing;

namespace Gateway.Worker.Tests.Calls;

/// <summary>Offers that come too late ring no phone and are recorded; lateness is judged by Meta's clock.</summary>
[Collection(StoresCollection.Name)]
public sealed class LateOfferTests(Stores stores)
{
    [Theory]
    [InlineData(90)]
    [InlineData(7200)]
    public async Task A_late_offer_leaves_one_missed_call_with_its_true_time_and_opens_the_window(int seconds)
    {
        await using var bench = await CallBench.StartAsync(stores);
        var sent = DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.AddSeconds(-seconds).ToUnixTimeSeconds());
        bench.Relay.Bend = (label, value) =>
        {
            if (label == "connect")
                value["calls"]![0]!["timestamp"] = $"{sent.ToUnixTimeSeconds()}";
        };
        var call = await bench.WhatsApp.PlaceAsync();
        await SeesAsync(bench, call.Id, "offered_too_late");
        await bench.Relay.RepeatAsync("connect", call.Id);
        await bench.WhatsApp.HangUpAsync(call);
        await bench.Relay.RepeatAsync("connect", call.Id);

        await bench.Gateway.IsIdleAsync();
        await Eventually.SeeAsync(() => bench.Gateway.Service<Gateway.Worker.Spool.RecordSpool>().Count == 0, "the spool is empty");
        var missed = await MissedAsync(bench, call.Id);
        Assert.Equal([(sent.UtcDateTime, "offered_too_late")], missed);
        await Eventually.SeeAsync(
            async () => await WindowAsync(bench, call.User.Phone), until => until == sent.UtcDateTime.AddDays(1),
            "the window is open from the call on");
        Assert.False(bench.Pbx.HasUnexpectedCall);
        Assert.Empty(WhatsAppSide.Actions(call));
    }

    [Fact]
    public async Task A_late_repetition_of_a_call_that_was_taken_is_no_missed_call_even_after_everything_in_memory_is_gone()
    {
        await using var bench = await CallBench.StartAsync(stores, gateways: 2);
        var second = bench.Relay.Targets[1];
        bench.Relay.Targets.RemoveAt(1);
        var call = await bench.WhatsApp.PlaceAsync();
        var agent = await bench.Pbx.NextAsync();
        await agent.AnswerAsync();
        await bench.LiveAsync(call);
        await agent.HangUpAsync();
        await bench.EndsAsync(call, HangupCause.PbxHungUp);

        bench.Relay.Targets[0] = second; // a node without any state of it
        bench.Relay.Bend = (_, value) => value["calls"]![0]!["timestamp"] = $"{DateTimeOffset.UtcNow.AddSeconds(-100).ToUnixTimeSeconds()}";
        await bench.Relay.RepeatBentAsync("connect", call.Id);
        var spool = bench.Gateways[1].Service<Gateway.Worker.Spool.RecordSpool>();
        await Task.WhenAll(bench.Gateways.Select(node => node.IsIdleAsync()));
        await Eventually.SeeAsync(() => spool.Count == 0, "the spool is empty");
        Assert.Empty(await MissedAsync(bench, call.Id));
    }

    [Fact]
    public async Task An_end_that_overtakes_its_offer_leaves_one_missed_call()
    {
        await using var bench = await CallBench.StartAsync(stores);
        bench.WhatsApp.Knobs = new Knobs { TerminateBeforeConnect = true };
        for (var i = 0; i < 2000; i++) // another gateway's, of which no offer comes here
            bench.Gateway.Service<LateOffers>().Ended(
                new WhatsAppCallId($"wacid.{i}"),
                new WebhookEvent.CallTerminate($"wacid.{i}", TerminateOutcome.Completed, new WhatsAppUser("447900000000")));
        var call = await bench.WhatsApp.PlaceAsync();
        await bench.WhatsApp.HangUpAsync(call);
        await SeesAsync(bench, call.Id, "caller_gave_up");
        await bench.Relay.RepeatAsync("connect", call.Id);
        await bench.Relay.RepeatAsync("terminate", call.Id);
        await bench.Relay.RepeatAsync("connect", call.Id);
        await Eventually.SeeAsync(() => bench.Gateway.Service<Gateway.Worker.Spool.RecordSpool>().Count == 0, "the spool is empty");
        Assert.Single(await MissedAsync(bench, call.Id));
        Assert.False(bench.Pbx.HasUnexpectedCall);
    }

    [Theory]
    [InlineData(-65)]
    [InlineData(-3600)]
    [InlineData(3600)]
    public async Task A_host_whose_clock_is_not_Metas_rings_whom_Meta_offers_now(double offset)
    {
        await using var bench = await CallBench.StartAsync(stores);
        bench.WhatsApp.Knobs = new Knobs { ClockOffsetSeconds = offset };
        bench.Gateway.Service<ChannelSync>().AskForAll(); // as after a step of the clock
        await Eventually.SeeAsync(
            async () => (await bench.Gateway.GetAsync("/readyz")).Body, body => body.Contains("Meta's clock", StringComparison.Ordinal)
                || body.Contains("Meta\\u0027s clock", StringComparison.Ordinal), "the offset is shown");
        var call = await bench.WhatsApp.PlaceAsync();
        var agent = await bench.Pbx.NextAsync();
        await agent.AnswerAsync();
        await bench.LiveAsync(call);
        await agent.HangUpAsync();
        await bench.EndsAsync(call, HangupCause.PbxHungUp);
    }

    private static Task SeesAsync(CallBench bench, string whatsAppId, string cause) => Eventually.SeeAsync(
        async () => (await bench.Gateway.RowOfAsync(whatsAppId))?.Cause, seen => seen == cause, "the record of the missed call");

    private static async Task<IReadOnlyList<(DateTime At, string Cause)>> MissedAsync(CallBench bench, string whatsAppId)
    {
        await using var command = bench.Gateway.Service<NpgsqlDataSource>().CreateCommand(
            "SELECT m.missed_at, m.cause FROM missed_calls m JOIN calls c ON c.id = m.call_id WHERE c.whatsapp_call_id = $1");
        command.Parameters.Add(new NpgsqlParameter { Value = whatsAppId });
        await using var reader = await command.ExecuteReaderAsync();
        var found = new List<(DateTime, string)>();
        while (await reader.ReadAsync())
            found.Add((reader.GetDateTime(0), reader.GetString(1)));
        return found;
    }

    private static async Task<DateTime?> WindowAsync(CallBench bench, string phone)
    {
        await using var command = bench.Gateway.Service<NpgsqlDataSource>()
            .CreateCommand("SELECT window_until FROM contacts WHERE phone = $1");
        command.Parameters.Add(new NpgsqlParameter { Value = phone });
        return await command.ExecuteScalarAsync() as DateTime?;
    }
}
