using System.Net;
using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Flows;
using Gateway.Sip;
using Gateway.Sip.Auth;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Endpoint;
using Gateway.Sip.Profiles;
using Gateway.Sip.Transactions;
using Gateway.Sip.Transport;
using Gateway.Sip.Trunks;
using Gateway.Storage;
using Gateway.Storage.Directory;
using Gateway.Worker.Agents;
using Gateway.Worker.Configuration;
using Gateway.Worker.Tests.Calls.Bench;
using Media.Engine;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Testing;

namespace Gateway.Worker.Tests.Agents;

/// <summary>An agent whose phones register with the gateway itself, with a password that is kept in PostgreSQL.</summary>
[Collection(StoresCollection.Name)]
public sealed class RegisteredAgentsTests(Stores stores)
{
    private const string Realm = "phones.example", Password = "open-sesame";

    private readonly string _user = "web-" + Guid.NewGuid().ToString("n")[..8];

    [Fact]
    public async Task Every_phone_that_registered_with_the_stored_password_rings_and_the_first_has_the_call()
    {
        var bench = await CallBench.StartAsync(stores, options => options with
        {
            Sip = options.Sip with { Registrar = new RegistrarConfiguration { Enabled = true, Realm = Realm } },
        });
        await using var one = await GroupOfOne.StartAsync(
            stores, bench, group => new FlowStep.Ring(new AgentChoice(group.Group)), new AgentPhone.Registered(_user));
        Assert.NotNull((await one.Agents.SetPhoneSecretAsync(one.Ada, _user, Realm, Password, "key:test", CancellationToken.None)).Value);
        await using var wrong = await PhoneAsync(bench.Gateway, "wrong-password");
        await SeeAsync(wrong, health => health.Cause?.Contains("403", StringComparison.Ordinal) == true);
        await using var desk = await PhoneAsync(bench.Gateway, Password);
        await using var soft = await PhoneAsync(bench.Gateway, Password);
        await SeeAsync(desk, health => health.Registered == true);
        await SeeAsync(soft, health => health.Registered == true);
        await one.SetPresenceAsync(AgentPresence.Available);

        var call = await bench.WhatsApp.PlaceAsync();
        var (first, second) = (await NextAsync(desk), await NextAsync(soft));
        await first.AnswerAsync();
        await bench.LiveAsync(call);
        await second.EndedAsync();
        Assert.Equal(AgentState.Busy, (await one.Registry.FindAsync(one.Ada, CancellationToken.None))?.State);
        await first.HangUpAsync();
        await bench.EndsAsync(call, HangupCause.PbxHungUp);
        await first.DisposeAsync();
        await second.DisposeAsync();
    }

    [Fact]
    public async Task While_PostgreSQL_is_away_a_phone_that_was_found_goes_on_and_of_any_other_nothing_is_said()
    {
        using var own = Stores.StartPrivate();
        await using var database = NpgsqlDataSource.Create(own.Postgres);
        await Migrator.MigrateAsync(database, CancellationToken.None);
        var store = new AgentStore(database);
        var agent = new Agent(new AgentId("ada"), "Ada", [], [new AgentPhone.Registered("ada"), new AgentPhone.Registered("desk")]);
        Assert.NotNull((await store.CreateAsync(agent, "key:test", CancellationToken.None)).Value);
        foreach (var user in new[] { "ada", "desk" })
            Assert.NotNull((await store.SetPhoneSecretAsync(agent.Id, user, Realm, Password, "key:test", CancellationToken.None)).Value);
        var phones = new StoredPhones(
            new ConfiguredPhones([new PhoneConfiguration { User = "set", Password = new Secret(Password) }]), store, TimeProvider.System);
        var found = await FindAsync(phones, "ada");
        Assert.Equal(
            (DigestHash.Secret(DigestAlgorithm.Md5, "ada", Realm, Password),
                DigestHash.Secret(DigestAlgorithm.Sha256, "ada", Realm, Password)),
            (found?.Md5, found?.Sha256));
        Assert.Null(await FindAsync(phones, "nobody"));
        Assert.Null(await FindAsync(phones, "a\0b"));

        own.Freeze(StoreServer.Postgres);
        Assert.Equal(Password, (await FindAsync(phones, "set"))?.Password);
        Assert.Equal(found, await FindAsync(phones, "ada"));
        await Assert.ThrowsAnyAsync<Exception>(() => FindAsync(phones, "desk"));
        await Assert.ThrowsAnyAsync<Exception>(() => FindAsync(phones, "nobody"));
        own.Thaw(StoreServer.Postgres);
    }

    private static Task<DigestSecrets?> FindAsync(StoredPhones phones, string user) =>
        phones.FindAsync(user, Realm, CancellationToken.None).AsTask();

    private static Task SeeAsync(SipEndpoint phone, Func<TrunkHealth, bool> wanted) => Eventually.SeeAsync(
        () => wanted(phone.GetTrunkHealth("gateway")!), "the phone's registration", () => phone.GetTrunkHealth("gateway")!.ToString());

    private async Task<SipEndpoint> PhoneAsync(GatewayNode gateway, string password)
    {
        Assert.True(SipProfileSet.TryLoad(SipProfileSet.DefaultDirectory, out var profiles, out _));
        var phone = new SipEndpoint(
            new SipEndpointOptions
            {
                Listeners = [new SipListenerOptions { Transport = SipTransport.Udp, Bind = new IPEndPoint(IPAddress.Loopback, 0) }],
                Trunks =
                [
                    new TrunkOptions
                    {
                        Name = "gateway", Server = "127.0.0.1", Port = gateway.SipPort, Transport = SipTransport.Udp, Domain = Realm,
                        Profile = profiles.Find(SipProfileSet.GenericName)! with { OptionsInterval = 0 }, RegisterUser = _user,
                        Credentials = new SipCredentials(_user, password),
                    },
                ],
            },
            SystemEntropy.Instance, TimeProvider.System, NullLoggerFactory.Instance);
        await phone.StartAsync(CancellationToken.None);
        return phone;
    }

    private static async Task<PbxCall> NextAsync(SipEndpoint phone)
    {
        using var timeout = new CancellationTokenSource(Eventually.Timeout);
        return new PbxCall(
            await phone.IncomingCalls.ReadAsync(timeout.Token), new PbxPhone(Pbx.Hertz), TimeProvider.System.GetTimestamp());
    }
}
