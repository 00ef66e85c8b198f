using Gateway.Calls;
using Gateway.Worker.Nodes;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Tests.Nodes;

public sealed class UnheardCallsTests
{
    private static readonly CallId Call = new("1"), Other = new("2");
    private static readonly Instant Start = Instant.FromDateTimeOffset(DateTimeOffset.UnixEpoch.AddHours(1));

    private readonly UnheardCalls _calls = new();

    [Fact]
    public void A_call_of_which_nothing_comes_while_the_node_is_cut_off_is_found_after_a_while()
    {
        Assert.Empty(Find(0, 100));
        Assert.Empty(Find(4.9, 100));
        Assert.Equal([Call], Find(5, 100));
    }

    [Fact]
    public void One_that_is_heard_is_not_and_neither_is_any_while_a_store_hears_the_node()
    {
        Assert.Empty(Find(0, 100));
        Assert.Empty(Find(4, 101));
        Assert.Empty(Find(8, 101));
        Assert.Empty(Find(10, 101, isCutOff: false));
        Assert.Empty(Find(14, 101)); // from the beginning
        Assert.Equal([Call], Find(19, 101));
    }

    private IReadOnlyList<CallId> Find(double seconds, long packets, bool isCutOff = true) => _calls.Find(
        [(Call, packets), (Other, (long)(seconds * 10))], isCutOff, Start + TimeSpan.FromSeconds(seconds));
}
