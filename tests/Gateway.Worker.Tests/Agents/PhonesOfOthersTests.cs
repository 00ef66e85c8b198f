using System.Net;
using System.Text.Json;
using Gateway.Sip.Messages;
using Gateway.Sip.Registrar;
using Gateway.Sip.Transactions;
using Gateway.Storage.Agents;
using Gateway.Worker.Agents;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Tests.Agents;

/// <summary>What a node keeps of the phones of others.</summary>
public sealed class PhonesOfOthersTests
{
    private readonly PhonesOfOthers _others = new(Reach);

    [Fact]
    public void Changes_that_follow_each_other_are_taken_and_a_gap_is_seen()
    {
        Assert.False(_others.TryTake(Change("1", "2", ("ada", 1)))); // of a node that is not known
        Assert.True(_others.TryTake(Change("", "1", ("ada", 1), ("bob", 1))));
        Assert.True(_others.TryTake(Change("1", "2", ("ada", 2))));
        Assert.Equal((2, 1), (Count("ada"), Count("bob")));
        Assert.False(_others.TryTake(Change("3", "4", ("ada", 3))));
        Assert.True(_others.TryTake(Change("1", "2", ("ada", 1)))); // it was read with the rest
        Assert.True(_others.TryTake(Change("2", "3", ("ada", 0))));
        Assert.Equal((0, 1), (Count("ada"), Count("bob")));
        Assert.True(_others.TryTake(Change("", "9")));
        Assert.Equal(0, Count("bob"));
    }

    [Fact]
    public void What_was_read_takes_the_place_of_all_that_was_known()
    {
        Assert.True(_others.TryTake(Change("", "1", ("ada", 1))));
        _others.Replace(Node("7"), new PhonesOfNode("8", Users(("bob", 1)).ToDictionary()));
        Assert.Equal((0, 1), (Count("ada"), Count("bob")));
        Assert.Equal([Node("8")], _others.Nodes);
        Assert.True(_others.TryTake(Change("8", "9", ("ada", 1))));
    }

    [Fact]
    public void A_node_that_is_not_there_any_more_takes_its_phones_along()
    {
        Assert.True(_others.TryTake(Change("", "1", ("ada", 1))));
        Assert.Empty(_others.Keep([Node("1")]));
        Assert.Equal(1, Count("ada"));
        Assert.Equal(["ada"], _others.Keep([]));
        Assert.Equal(0, Count("ada"));
        Assert.Empty(_others.Nodes);
    }

    [Fact]
    public void A_contact_that_ran_out_and_one_that_cannot_be_read_are_not_there()
    {
        Assert.True(_others.TryTake(Change("", "1", ("ada", 1))));
        Assert.Single(_others.Of("ada", At(99)));
        Assert.Empty(_others.Of("ada", At(100)));
        Assert.True(_others.TryTake(new PhonesChange(Node("2"), "1", [KeyValuePair.Create("ada", "{}")])));
        Assert.Empty(_others.Of("ada", At(0)));
    }

    private int Count(string user) => _others.Of(user, At(0)).Count;

    private static PhonesChange Change(string before, string version, params (string User, int Phones)[] users) =>
        new(Node(version), before, [.. Users(users)]);

    private static IEnumerable<KeyValuePair<string, string>> Users(params (string User, int Phones)[] users) => users.Select(
        user => KeyValuePair.Create(user.User, user.Phones == 0 ? "" : JsonSerializer.Serialize(
            Enumerable.Range(0, user.Phones).Select(i => new SharedContact
            {
                Uri = $"sip:{user.User}@10.0.0.{i}", Route = [], ExpiresAt = default, RefreshedAt = default,
            }),
            JsonSerializerOptions.Web)));

    private static PhonesNode Node(string version) => new("other", version, "10.0.0.2:5060");

    private static Instant At(int seconds) => new(0L + seconds * TimeSpan.TicksPerSecond);

    private static RegisteredContact? Reach(string user, string node, SharedContact contact) => new()
    {
        User = user,
        Uri = SipUri.TryParse(contact.Uri, out var uri) ? uri : throw new FormatException(contact.Uri),
        Node = node,
        Flow = new SipFlow(SipTransport.Udp, TransportAddress.From(IPAddress.Loopback, 5060), 0),
        ExpiresAt = At(100),
        RegisteredAt = At(0),
        RefreshedAt = At(0),
        CallId = "",
        Sequence = 0,
    };
}
