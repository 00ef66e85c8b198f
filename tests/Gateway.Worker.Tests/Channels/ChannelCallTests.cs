using Gateway.Calls;
using Gateway.Calls.Channels;
using Gateway.Sip.Messages;
using Gateway.Storage.Channels;
using Gateway.Worker.Tests.Calls.Bench;
using Testing;

namespace Gateway.Worker.Tests.Channels;

/// <summary>
/// A setting by an admin or Meta takes effect with the channel's next call. Numbers are unmanaged, so that WhatsApp does not decide first.
/// </summary>
[Collection(StoresCollection.Name)]
public sealed class ChannelCallTests(Stores stores)
{
    [Fact]
    public async Task Where_contacts_may_not_call_they_are_rejected_and_we_still_call_them()
    {
        await using var bench = await ChannelBench.StartAsync(stores);
        await bench.ChangeAsync(settings => settings with { ContactsMayCall = false }, isManaged: false);
        await IsRejectedAsync(bench, HangupCause.ChannelDisabled);
        await TalksOutboundAsync(bench);
    }

    [Fact]
    public async Task Where_we_may_not_call_contacts_still_do()
    {
        await using var bench = await ChannelBench.StartAsync(stores);
        await bench.ChangeAsync(settings => settings with { WeMayCall = false });
        await IsRefusedAsync(bench, HangupCause.ChannelDisabled, "This number may not call contacts");
        await TalksInboundAsync(bench);
    }

    [Fact]
    public async Task A_call_ends_when_it_is_as_long_as_the_channel_lets_it_be_and_the_agent_is_warned()
    {
        await using var bench = await ChannelBench.StartAsync(stores);
        await bench.ChangeAsync(settings => settings with { MaxCallSeconds = 2 }, isManaged: false);
        var call = await bench.Calls.WhatsApp.PlaceAsync(bench.Calls.WhatsApp.User(handset: "native"));
        var agent = await bench.Calls.Pbx.NextAsync();
        await agent.AnswerAsync();
        await agent.HearsAsync(1400);
        var ended = await agent.EndedAsync();
        Assert.Equal(new SipReason("Q.850", 16, "MaxLengthReached"), ended.Reason);
        await bench.Calls.EndsAsync(call, HangupCause.MaxLengthReached);
    }

    [Fact]
    public async Task Outside_the_hours_callers_are_rejected_and_we_still_call()
    {
        await using var bench = await ChannelBench.StartAsync(stores);
        var farDay = DateTime.UtcNow.AddDays(3).DayOfWeek.ToString().ToLowerInvariant();
        Assert.True(CallHours.TryCreate(new("Etc/UTC", [new(farDay, "0900", "1700")]), out var hours, out _));
        await bench.ChangeAsync(settings => settings with { CallHours = hours }, isManaged: false);
        await IsRejectedAsync(bench, HangupCause.OutsideCallHours);
        await TalksOutboundAsync(bench);
    }

    [Fact]
    public async Task Once_Meta_has_the_hours_WhatsApp_itself_keeps_callers_away()
    {
        await using var bench = await ChannelBench.StartAsync(stores);
        var farDay = DateTime.UtcNow.AddDays(3).DayOfWeek.ToString().ToLowerInvariant();
        Assert.True(CallHours.TryCreate(new("Etc/UTC", [new(farDay, "0900", "1700")]), out var hours, out _));
        await bench.ChangeAsync(settings => settings with { CallHours = hours });
        await bench.PushedAsync();
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => bench.Calls.WhatsApp.PlaceAsync());
        Assert.Equal("outside the call hours", refused.Message);
    }

    [Fact]
    public async Task A_restriction_of_Metas_stops_calls_before_they_reach_Meta()
    {
        await using var bench = await ChannelBench.StartAsync(stores);
        await bench.MetaAsync(HttpMethod.Post, "/restrictions", new { type = "RESTRICTED_BUSINESS_INITIATED_CALLING", listed = false });
        await bench.UntilAsync(channel => channel.Facts.Restrictions.Count > 0, "the restriction");
        await IsRefusedAsync(bench, HangupCause.ChannelDisabled, "WhatsApp has restricted calls of this number until");
        await TalksInboundAsync(bench);
    }

    [Fact]
    public async Task A_call_refused_for_what_Meta_no_longer_says_has_the_settings_read_again()
    {
        await using var bench = await ChannelBench.StartAsync(stores, interval: TimeSpan.FromHours(1));
        var read = (await bench.UntilAsync(channel => channel.Facts.Meta is not null, "what Meta has")).Sync.ReadAt;
        await bench.ChangeAtMetaAsync(new { status = "DISABLED" });
        await bench.UntilAsync(
            channel => channel.Facts.Meta is { Status: "DISABLED" } && channel.Sync.ReadAt > read, "calling is off, and was read so");
        bench.Calls.Relay.Hold("other");
        await bench.ChangeAtMetaAsync(new { status = "ENABLED" });
        await IsRejectedAsync(bench, HangupCause.ChannelDisabled);
        await bench.UntilAsync(channel => channel.Facts.Meta is { Status: "ENABLED" }, "calling is on");
        await TalksInboundAsync(bench);
    }

    [Fact]
    public async Task Numbers_of_a_country_without_outbound_calls_are_called_all_the_same()
    {
        await using var bench = await ChannelBench.StartAsync(stores, displayNumber: $"1202555{Random.Shared.Next(10_000):0000}");
        await IsRefusedAsync(bench, HangupCause.CountryNotServed, "Numbers of US may not call");
        await TalksInboundAsync(bench);
    }

    [Fact]
    public async Task Routes_come_before_the_configuration_and_each_has_its_own_target()
    {
        await using var bench = await ChannelBench.StartAsync(stores);
        CallRoute[] routes = [new("of another node", "100"), new("main", "200"), new("main")];
        Assert.IsType<ChannelChange.Done>(await bench.Store.ReplaceRoutesAsync(bench.Id, 1, "key:test", routes, CancellationToken.None));
        var call = await bench.Calls.WhatsApp.PlaceAsync();
        var first = await bench.Calls.Pbx.NextAsync();
        Assert.Equal("200", first.Sip.Info.TargetUser);
        await first.RejectAsync(503);
        var second = await bench.Calls.Pbx.NextAsync();
        Assert.Equal("+" + bench.Calls.WhatsApp.Number.DisplayNumber, second.Sip.Info.TargetUser);
        await second.RejectAsync(486);
        await bench.Calls.EndsAsync(call, HangupCause.Busy);
    }

    [Fact]
    public async Task A_channel_that_is_routed_to_the_telephone_network_alone_gets_no_call_and_beside_a_PBX_only_that_one()
    {
        await using var bench = await ChannelBench.StartAsync(stores, carrier: true);
        CallRoute[] routes = [new("carrier", "100")];
        Assert.IsType<ChannelChange.Done>(await bench.Store.ReplaceRoutesAsync(bench.Id, 1, "key:test", routes, CancellationToken.None));
        await IsRejectedAsync(bench, HangupCause.PstnForbidden);

        routes = [new("carrier", "100"), new("main", "200")];
        Assert.IsType<ChannelChange.Done>(await bench.Store.ReplaceRoutesAsync(bench.Id, 2, "key:test", routes, CancellationToken.None));
        await TalksInboundAsync(bench);
    }

    private static async Task IsRejectedAsync(ChannelBench bench, HangupCause cause)
    {
        var call = await bench.Calls.WhatsApp.PlaceAsync();
        await bench.Calls.EndsAsync(call, cause);
        Assert.Equal(["reject 200"], WhatsAppSide.Actions(call));
    }

    private static async Task IsRefusedAsync(ChannelBench bench, HangupCause cause, string phrase)
    {
        var user = bench.Calls.WhatsApp.User();
        var failed = await bench.Calls.Pbx.Dial("+" + user.Phone).FailedAsync();
        Assert.Equal(403, failed.Status);
        Assert.StartsWith(phrase, failed.Reason?.Text ?? failed.ReasonPhrase, StringComparison.Ordinal);
        await bench.Calls.EndsAsync(user, cause);
        Assert.DoesNotContain(bench.Calls.WhatsApp.Calls, call => call.User == user);
    }

    private static async Task TalksInboundAsync(ChannelBench bench)
    {
        var call = await bench.Calls.WhatsApp.PlaceAsync();
        var agent = await bench.Calls.Pbx.NextAsync();
        await agent.AnswerAsync();
        await bench.Calls.LiveAsync(call);
        await bench.Calls.WhatsApp.HangUpAsync(call);
        await bench.Calls.EndsAsync(call, HangupCause.WhatsAppHungUp);
    }

    private static async Task TalksOutboundAsync(ChannelBench bench)
    {
        var user = bench.Calls.WhatsApp.User();
        var agent = bench.Calls.Pbx.Dial("+" + user.Phone);
        var call = await bench.Calls.WhatsApp.CallToAsync(user);
        await bench.Calls.WhatsApp.AnswerAsync(call);
        await agent.AnsweredAsync();
        await agent.HangUpAsync();
        await bench.Calls.EndsAsync(call, HangupCause.PbxHungUp);
    }
}
