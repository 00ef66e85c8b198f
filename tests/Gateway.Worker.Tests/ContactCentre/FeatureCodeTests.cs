using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Flows;
using Gateway.Sip.Auth;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Endpoint;
using Gateway.Worker.Configuration;
using Gateway.Worker.Tests.Calls.Bench;
using Testing;

namespace Gateway.Worker.Tests.ContactCentre;

/// <summary>Agents say at their phones whether calls are to come, and dial themselves.</summary>
[Collection(StoresCollection.Name)]
public sealed class FeatureCodeTests(Stores stores)
{
    private const string Realm = "phones.test";

    [Fact]
    public async Task A_phone_of_the_PBX_says_whether_its_agent_is_to_be_rung()
    {
        await using var bench = await CentreBench.StartAsync(stores);
        await bench.AddAsync(["201"], AgentPresence.Offline);

        await DialAsync(bench.Pbx, "*11");
        await bench.BecomesAsync("201", AgentState.Available);
        await DialAsync(bench.Pbx, "*123");
        await bench.BecomesAsync("201", AgentState.Away);
        Assert.Equal("3", (await bench.Registry.FindAsync(bench.Id("201"), CancellationToken.None))!.Reason);
        await DialAsync(bench.Pbx, "*13");
        await bench.BecomesAsync("201", AgentState.Offline);

        Assert.Equal(404, (await bench.Pbx.Dial("*19").FailedAsync()).Status);
        Assert.Equal(403, (await bench.Pbx.Dial("*11", caller: "999").FailedAsync()).Status);
        await bench.Gateway.IsIdleAsync();
    }

    [Fact]
    public async Task A_code_ends_the_wrap_up()
    {
        await using var bench = await CentreBench.StartAsync(stores, wrapUp: TimeSpan.FromMinutes(10));
        await bench.AddAsync(["201"]);
        await bench.RingAsync();
        var call = await bench.WhatsApp.PlaceAsync();
        var agent = await bench.RungAsync("201");
        await agent.AnswerAsync();
        await bench.Calls.LiveAsync(call);
        await agent.HangUpAsync();
        await bench.Calls.EndsAsync(call, HangupCause.PbxHungUp);
        await bench.BecomesAsync("201", AgentState.WrapUp);

        await DialAsync(bench.Pbx, "*14");

        await bench.BecomesAsync("201", AgentState.Available);
    }

    [Fact]
    public async Task A_registered_phone_signs_its_agent_in_and_is_rung_with_those_of_the_PBX()
    {
        await using var bench = await CentreBench.StartAsync(stores, gateway: WithRegistrar);
        var alice = bench.Id("alice");
        AgentPhone[] phones = [new AgentPhone.Registered("alice"), new AgentPhone.Extension("main", "205")];
        await bench.AddAsync(new Agent(alice, "Alice", [new(bench.Group)], phones), AgentPresence.Offline);
        await bench.RingAsync();
        await using var phone = await Pbx.RegisterAsync(bench.Gateway.SipPort, Realm, new SipCredentials("alice", "open sesame"));
        await Eventually.SeeAsync(
            () => bench.Gateway.Service<SipEndpoint>().ContactsOf("alice").Count == 1, "the phone is registered");

        await DialAsync(phone, "*11");
        await bench.BecomesAsync("alice", AgentState.Available);
        var call = await bench.PlaceAsync();
        var desk = await bench.RungAsync("205");
        var soft = await phone.NextAsync();
        await soft.RingAsync();
        await soft.AnswerAsync();

        Assert.Equal("Call completed elsewhere", (await desk.EndedAsync()).Reason?.Text);
        await bench.Calls.LiveAsync(call);
        await WhatsAppSide.HearsAsync(call, Pbx.Hertz);
        await soft.HearsAsync(WhatsAppSide.Hertz);
        await soft.HangUpAsync();
        await bench.Calls.EndsAsync(call, HangupCause.PbxHungUp);
        Assert.Equal(alice.Value, (await bench.RowAsync(call)).AgentId);
    }

    [Fact]
    public async Task An_agent_who_dials_out_is_busy_and_is_not_rung()
    {
        await using var bench = await CentreBench.StartAsync(stores, wrapUp: TimeSpan.FromMinutes(10));
        await bench.AddAsync(["201"]);
        await bench.LeadAsync(
            ("ring", new FlowStep.Ring(new AgentChoice(bench.Group), 60, "busy")), ("busy", new FlowStep.Refuse(RefuseReason.Busy)));
        var user = bench.WhatsApp.User();
        var agent = bench.Pbx.Dial("+" + user.Phone);
        var outbound = await bench.WhatsApp.CallToAsync(user);
        await bench.BecomesAsync("201", AgentState.Busy);
        await bench.WhatsApp.AnswerAsync(outbound);
        await agent.AnsweredAsync();

        var inbound = await bench.WhatsApp.PlaceAsync();

        await WhatsAppSide.UntilAsync(inbound, Sandbox.Calls.CallState.Ended);
        Assert.False(bench.Pbx.HasUnexpectedCall);
        await agent.HangUpAsync();
        await bench.Calls.EndsAsync(outbound, HangupCause.PbxHungUp);
        await bench.BecomesAsync("201", AgentState.Available);
        Assert.Equal((bench.Id("201").Value, null, null), (await bench.RowAsync(outbound)).Way);
        Assert.Equal("busy", (await bench.RowAsync(inbound)).Cause);
    }

    /// <summary>A code is answered, beeps once, and is hung up.</summary>
    private static async Task DialAsync(Pbx from, string code)
    {
        var phone = from.Dial(code);
        await phone.AnsweredAsync();
        Assert.Equal(SipCallEnd.Remote, (await phone.EndedAsync()).By);
        Assert.True(phone.Phone.Received > 0, "no beep was sent");
    }

    private static GatewayOptions WithRegistrar(GatewayOptions options) => options with
    {
        Sip = options.Sip with
        {
            Registrar = new RegistrarConfiguration
            {
                Enabled = true, Realm = Realm, Phones = [new PhoneConfiguration { User = "alice", Password = new Secret("open sesame") }],
            },
        },
    };
}
