using System.Text.Json;
using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Flows;
using Gateway.Sip.Auth;
using Gateway.Sip.Endpoint;
using Gateway.Sip.Registrar;
using Gateway.Storage.Agents;
using Gateway.Worker.Configuration;
using Gateway.Worker.Tests.Calls.Bench;
using Testing;

namespace Gateway.Worker.Tests.Agents;

/// <summary>Two nodes that share their registered phones, of which the first has all calls, and one agent whose phones register.</summary>
internal sealed class TwoNodes : IAsyncDisposable
{
    private const string Realm = "phones.example", Password = "open-sesame";

    private readonly GroupOfOne _group;
    private readonly string _user;

    private TwoNodes(GroupOfOne group, string user) => (_group, _user) = (group, user);

    public CallBench Bench => _group.Bench;

    public static async Task<TwoNodes> StartAsync(Stores stores)
    {
        var user = "web-" + Guid.NewGuid().ToString("n")[..8];
        var bench = await CallBench.StartAsync(stores, options => options with
        {
            Sip = options.Sip with
            {
                Registrar = new RegistrarConfiguration
                {
                    Enabled = true, Realm = Realm, ClusterSecret = new Secret(new string('s', 32)),
                    Phones = [new PhoneConfiguration { User = user, Password = new Secret(Password) }],
                },
            },
        }, gateways: 2);
        bench.Relay.Pick = label => label == "connect" ? [bench.Relay.Targets[0]] : bench.Relay.Targets;
        return new TwoNodes(
            await GroupOfOne.StartAsync(
                stores, bench, group => new FlowStep.Ring(new AgentChoice(group.Group)), new AgentPhone.Registered(user)),
            user);
    }

    public Task SignInAsync() => _group.SetPresenceAsync(AgentPresence.Available);

    public Task<AgentStatus?> AgentAsync() => _group.Registry.FindAsync(_group.Ada, CancellationToken.None);

    /// <summary>A phone of the agent's that is registered at this node.</summary>
    public async Task<Pbx> PhoneAsync(int node)
    {
        var endpoint = Bench.Gateways[node].Service<SipEndpoint>();
        var before = endpoint.SharedContactsOf(_user).Count;
        var phone = await Pbx.RegisterAsync(Bench.Gateways[node].SipPort, Realm, new SipCredentials(_user, Password));
        await Eventually.SeeAsync(() => endpoint.SharedContactsOf(_user).Count == before + 1, "the phone is registered");
        return phone;
    }

    /// <summary>Publishes the agent's phones at a node as those of one of another name, which will never be heard of again.</summary>
    public async Task PublishAsync(string name, int node)
    {
        var contacts = Bench.Gateways[node].Service<SipEndpoint>().SharedContactsOf(_user);
        Assert.True(await Bench.Gateway.Service<RegisteredPhoneStore>().ChangeAsync(
            new PhonesNode(name, "1", "127.0.0.9:5060"), "",
            [KeyValuePair.Create(_user, JsonSerializer.Serialize(contacts, JsonSerializerOptions.Web))]));
    }

    /// <summary>The agent's phones as this node knows them, once there are so many.</summary>
    public Task<IReadOnlyList<RegisteredContact>> KnownAsync(int node, int phones) => Eventually.SeeAsync(
        () => Task.FromResult(Bench.Gateways[node].Service<SipEndpoint>().ContactsOf(_user)), known => known.Count == phones,
        $"node {node} knows {phones} phone(s)", known => $"{known.Count}");

    public ValueTask DisposeAsync() => _group.DisposeAsync();
}
