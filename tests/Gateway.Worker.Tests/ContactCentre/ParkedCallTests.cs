using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Flows;
using Gateway.Storage.Contacts;
using Gateway.Storage.Parking;
using Gateway.Worker.Tests.Calls.Bench;
using Sandbox.Calls;
using Testing;

namespace Gateway.Worker.Tests.ContactCentre;

/// <summary>A call to a user waits for permission and an agent, and is placed once.</summary>
[Collection(StoresCollection.Name)]
public sealed class ParkedCallTests(Stores stores)
{
    [Fact]
    public async Task The_user_is_asked_and_called_with_an_agent_of_the_group_when_it_is_granted()
    {
        await using var bench = await CentreBench.StartAsync(stores, wrapUp: TimeSpan.FromMinutes(10));
        await bench.AddAsync(["201"]);
        var user = bench.WhatsApp.User(permits: false, handset: "native");
        bench.WhatsApp.Write(user);
        await Eventually.SeeAsync(
            () => bench.Gateway.Service<ContactStore>().FindAsync(
                new ChannelId(bench.WhatsApp.Number.PhoneNumberId), new WhatsAppUser(user.Phone), CancellationToken.None),
            contact => contact?.Permission.WindowUntil is not null, "a window is open");
        var parked = await bench.ParkAsync(user);
        Assert.Equal("waiting_permission", parked.State);
        await Eventually.SeeAsync(() => bench.WhatsApp.MessagesTo(user).Count == 1, "the user is asked");
        Assert.False(bench.Pbx.HasUnexpectedCall);

        bench.WhatsApp.Decide(user, accepts: true);
        var agent = await bench.RungAsync("201");
        Assert.Equal("+" + user.Phone, agent.Sip.Info.From.User);
        await agent.AnswerAsync();
        var call = await bench.WhatsApp.CallToAsync(user);
        await bench.WhatsApp.AnswerAsync(call);
        await bench.Calls.LiveAsync(call);
        await agent.HearsAsync(WhatsAppSide.Hertz);
        var placed = await bench.ParkedIsAsync(parked, ParkedCallState.Placed);

        await agent.HangUpAsync();
        await bench.Calls.EndsAsync(call, HangupCause.PbxHungUp);
        var done = await bench.ParkedIsAsync(parked, ParkedCallState.Done);
        Assert.Equal(("pbx_hung_up", true, 0), (done.Cause, done.Answered, done.Attempts));
        var row = await bench.RowAsync(call);
        Assert.Equal((row.Id, bench.Id("201").Value, bench.Group.Value), (placed.CallId, placed.CalledAgent, row.AgentGroup));
        await bench.BecomesAsync("201", AgentState.WrapUp);
        Assert.Equal("waiting_permission waiting_agent placed done", await EventsAsync(bench, parked));
        Assert.Single(bench.WhatsApp.MessagesTo(user));
    }

    /// <summary>WhatsApp has the user's permission, and the gateway learns of it by asking Meta.</summary>
    [Fact]
    public async Task Without_a_free_agent_it_waits_and_after_one_who_declines_it_waits_again_until_it_is_cancelled()
    {
        await using var bench = await CentreBench.StartAsync(stores);
        await bench.AddAsync(["201"], AgentPresence.Away);
        var user = bench.WhatsApp.User();
        var parked = await bench.ParkAsync(user, extension: "201");
        await bench.ParkedIsAsync(parked, ParkedCallState.WaitingAgent);

        await bench.SetPresenceAsync("201", AgentPresence.Available);
        await (await bench.RungAsync("201")).RejectAsync(486);

        var again = await Eventually.SeeAsync(
            () => bench.Parked.FindAsync(parked.Id, CancellationToken.None), row => row is { State: "waiting_agent", Attempts: 1 },
            "it waits again", row => $"{row}");
        Assert.Equal(("busy", null), (again!.Cause, again.CallId));
        Assert.Empty(bench.WhatsApp.Calls);
        Assert.Empty(bench.WhatsApp.MessagesTo(user));
        await bench.BecomesAsync("201", AgentState.Available);
        Assert.True((await bench.Parked.CancelAsync(parked.Id, "key:test", DateTimeOffset.UtcNow, CancellationToken.None)).IsDone);
        await DueAsync(bench);
        var other = await bench.ParkAsync(bench.WhatsApp.User(permits: false), asks: false);
        await bench.ParkedIsAsync(other, ParkedCallState.WaitingPermission);
        Assert.False(bench.Pbx.HasUnexpectedCall);
    }

    [Fact]
    public async Task Who_waits_in_the_queue_is_served_first()
    {
        await using var bench = await CentreBench.StartAsync(stores);
        await bench.AddAsync(["201"], AgentPresence.Away);
        await bench.LeadAsync(("queue", new FlowStep.Queue(bench.Group)));
        var (user, caller) = (bench.WhatsApp.User(), bench.WhatsApp.User());
        var parked = await bench.ParkAsync(user);
        await bench.ParkedIsAsync(parked, ParkedCallState.WaitingAgent);
        var inbound = await bench.WhatsApp.PlaceAsync(caller);
        await WhatsAppSide.UntilAsync(inbound, CallState.Active);

        await bench.SetPresenceAsync("201", AgentPresence.Available);
        var agent = await bench.RungAsync("201");
        Assert.Equal("inbound", agent.Header("X-WhatsApp-Direction"));
        await agent.AnswerAsync();
        await bench.Calls.LiveAsync(inbound);
        Assert.Equal("waiting_agent", (await bench.Parked.FindAsync(parked.Id, CancellationToken.None))!.State);
        await agent.HangUpAsync();

        agent = await bench.RungAsync("201");
        Assert.Equal("outbound", agent.Header("X-WhatsApp-Direction"));
        await agent.AnswerAsync();
        var call = await bench.WhatsApp.CallToAsync(user);
        await bench.WhatsApp.DeclineAsync(call);
        await agent.EndedAsync();
        var done = await bench.ParkedIsAsync(parked, ParkedCallState.Done);
        Assert.Equal(("declined", false), (done.Cause, done.Answered));
    }

    [Fact]
    public async Task What_is_not_admitted_waits_for_its_pause_and_then_for_its_end()
    {
        await using var bench = await CentreBench.StartAsync(stores);
        await bench.AddAsync(["201"]);
        await bench.FindAsync<int?>("UPDATE channels SET calling_enabled = false WHERE id = @PhoneNumberId", bench.WhatsApp.Number);
        try
        {
            var parked = await bench.ParkAsync(bench.WhatsApp.User());
            var again = await Eventually.SeeAsync(
                () => bench.Parked.FindAsync(parked.Id, CancellationToken.None), row => row?.Attempts == 1, "it was tried once");
            Assert.Equal(("waiting_agent", "channel_disabled"), (again!.State, again.Cause));
            await bench.FindAsync<int?>("UPDATE channels SET calling_enabled = true WHERE id = @PhoneNumberId", bench.WhatsApp.Number);
            await DueAsync(bench);
            var agent = await bench.RungAsync("201");
            await agent.RejectAsync(603);
            await Eventually.SeeAsync(
                () => bench.Parked.FindAsync(parked.Id, CancellationToken.None), row => row?.Attempts == 2, "it was tried twice");
            await bench.FindAsync<int?>("UPDATE parked_calls SET expires_at = now()");
            await bench.ParkedIsAsync(parked, ParkedCallState.Expired);
            Assert.Empty(bench.WhatsApp.Calls);
        }
        finally
        {
            await bench.FindAsync<int?>("UPDATE channels SET calling_enabled = true WHERE id = @PhoneNumberId", bench.WhatsApp.Number);
        }
    }

    [Fact]
    public async Task Of_two_nodes_one_places_each()
    {
        string[] extensions = ["201", "202", "203", "204"];
        await using var bench = await CentreBench.StartAsync(stores, gateways: 2);
        await bench.AddAsync(extensions, AgentPresence.Away);
        var users = extensions.Select(_ => bench.WhatsApp.User()).ToArray();
        foreach (var user in users)
            await bench.ParkedIsAsync(await bench.ParkAsync(user), ParkedCallState.WaitingAgent);

        await Task.WhenAll(extensions.Select(extension => bench.SetPresenceAsync(extension, AgentPresence.Available)));
        var rung = await bench.RungAsync(extensions);
        await Task.WhenAll(rung.Values.Select(agent => agent.AnswerAsync()));
        foreach (var user in users)
            await bench.WhatsApp.HangUpAsync(await bench.WhatsApp.CallToAsync(user));
        await Eventually.SeeAsync(
            () => bench.FindAsync<int>("SELECT count(*)::int FROM parked_calls WHERE state = 'done'"),
            done => done == users.Length, "all are done");

        Assert.False(bench.Pbx.HasUnexpectedCall);
        Assert.Equal(users.Select(user => user.Phone).Order(), bench.WhatsApp.Calls.Select(call => call.User.Phone).Order());
    }

    /// <summary>The pauses of all are over.</summary>
    private static Task DueAsync(CentreBench bench) => bench.FindAsync<int?>("UPDATE parked_calls SET next_at = now()");

    private static Task<string?> EventsAsync(CentreBench bench, ParkedCallRow parked) => bench.FindAsync<string>(
        "SELECT string_agg(split_part(kind, '.', 2), ' ' ORDER BY id) FROM events WHERE data ->> 'parkedCall' = @Id", parked);
}
