using Gateway.Calls;
using Gateway.Worker.Nodes;
using Media.Protocols.Primitives;
using Testing;

namespace Gateway.Worker.Tests.Nodes;

public sealed class TakerTests
{
    [Fact]
    public void Survivors_agree_on_who_takes_which_call_and_each_gets_as_many()
    {
        var entropy = new SeededEntropy(1);
        var calls = Enumerable.Range(0, 3000).Select(_ => new CallId(entropy.NextHex(32))).ToArray();
        var takers = calls.Select(call => Takeovers.TakerOf(call, ["a", "b", "c"])).ToArray();
        Assert.Equal(takers, calls.Select(call => Takeovers.TakerOf(call, ["c", "a", "b"])));
        Assert.All(takers.CountBy(node => node!), share => Assert.InRange(share.Value, 900, 1100));
    }

    [Fact]
    public void Where_no_node_has_room_it_is_nobodys_turn() => Assert.Null(Takeovers.TakerOf(new CallId("1"), []));
}
