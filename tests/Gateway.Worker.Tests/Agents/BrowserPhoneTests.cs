using Gateway.Calls.Agents;
using Gateway.Calls.Flows;
using Gateway.Sip.Endpoint;
using Gateway.Sip.Tests.Transport;
using Gateway.Sip.Transactions;
using Gateway.Storage.Directory;
using Gateway.Worker.Configuration;
using Gateway.Worker.Tests.Calls.Bench;
using Npgsql;
using Testing;

namespace Gateway.Worker.Tests.Agents;

/// <summary>An agent's phone on a WebSocket, which has a ticket in PostgreSQL and no password.</summary>
[Collection(StoresCollection.Name)]
public sealed class BrowserPhoneTests(Stores stores)
{
    private const string Realm = "phones.example";

    private readonly string _user = "web-" + Guid.NewGuid().ToString("n")[..8];

    [Fact]
    public async Task Two_pages_of_an_agent_ring_for_a_user_and_learn_who_calls()
    {
        await using var one = await StartAsync();
        using var first = await OpenAsync(one);
        using var second = await OpenAsync(one);
        await one.SetPresenceAsync(AgentPresence.Available);

        var call = await one.Bench.WhatsApp.PlaceAsync();

        foreach (var page in new[] { first, second })
        {
            var invite = await page.RequestAsync("INVITE");
            Assert.Equal("inbound", invite.Headers["X-WhatsApp-Direction"]);
            Assert.Equal("+" + call.User.Phone, invite.Headers["X-WhatsApp-User-Phone"]);
            await page.RefuseAsync(invite, 603);
            await page.RequestAsync("ACK");
        }
        await WhatsAppSide.UntilAsync(call, Sandbox.Calls.CallState.Ended);
    }

    [Fact]
    public async Task A_page_dials_a_user_by_the_business_number_that_it_chooses()
    {
        await using var one = await StartAsync();
        using var page = await OpenAsync(one);
        var user = one.Bench.WhatsApp.User(handset: "native");
        await using var audio = new PbxPhone(Pbx.Hertz);
        await page.InviteAsync("+" + user.Phone, audio.Sdp, channel: "none-of-ours");
        Assert.Equal(404, (await page.ResponseAsync()).StatusCode);

        await page.InviteAsync("+" + user.Phone, audio.Sdp, channel: one.Bench.WhatsApp.Number.PhoneNumberId);
        var call = await one.Bench.WhatsApp.CallToAsync(user);
        await one.Bench.WhatsApp.AnswerAsync(call);
        var answer = await page.FinalAsync();
        Assert.Equal(200, answer.StatusCode);
        audio.Talk(System.Text.Encoding.ASCII.GetString(answer.Body.Span));
        await WhatsAppSide.HearsAsync(call, Pbx.Hertz);
    }

    private async Task<GroupOfOne> StartAsync()
    {
        var bench = await CallBench.StartAsync(stores, options => options with
        {
            Sip = options.Sip with
            {
                Listen = [.. options.Sip.Listen, "ws:127.0.0.1:0"],
                Registrar = new RegistrarConfiguration { Enabled = true, Realm = Realm },
            },
        });
        return await GroupOfOne.StartAsync(
            stores, bench, group => new FlowStep.Ring(new AgentChoice(group.Group)), new AgentPhone.Registered(_user));
    }

    /// <summary>A page that is registered by a ticket.</summary>
    private async Task<WebSocketPhone> OpenAsync(GroupOfOne one)
    {
        var ticket = Guid.NewGuid().ToString("n");
        var gateway = one.Bench.Gateway;
        await using (var admin = NpgsqlDataSource.Create(stores.Postgres))
            Assert.Equal(_user, await new PhoneTicketStore(admin).AddAsync(ticket, one.Ada, CancellationToken.None));
        var endpoint = gateway.Service<SipEndpoint>();
        var listener = endpoint.Listeners.ToList().FindIndex(known => known.Transport == SipTransport.Ws);
        var page = await WebSocketPhone.OpenAsync(endpoint, _user, query: "?ticket=" + ticket, listener: listener);
        Assert.Equal(200, await page.RegisterAsync());
        return page;
    }
}
