using Gateway.Worker.Configuration;

namespace Gateway.Worker.Tests;

public class DescriptorBudgetTests
{
    [Theory]
    [InlineData(
        "Limit                     Soft Limit           Hard Limit           Units     \nMax open files            1024                 " +
        "524288               files     \n", 1024)]
    [InlineData("Max open files            unlimited            unlimited            files", int.MaxValue)]
    [InlineData("something else", 1024)]
    public void Reads_the_soft_limit(string limits, int expected) => Assert.Equal(expected, DescriptorBudget.ReadLimit(limits));

    [Theory]
    [InlineData(65536, 1000, true)]
    [InlineData(1024, 1000, false)]
    [InlineData(256, 1000, false)]
    [InlineData(1024, 20, false)]
    public void What_may_be_held_together_is_below_the_limit(int limit, int calls, bool isEnough)
    {
        var options = Options(calls);
        var budget = DescriptorBudget.Of(options, limit);
        Assert.Equal(isEnough, budget.IsEnough);
        Assert.True(budget.Calls * 3 + budget.SipConnections + budget.SipOutgoing + budget.HttpConnections < limit);
        Assert.InRange(budget.Calls, Math.Min(calls, 10), calls);
        Assert.InRange(budget.SipConnections, 10, 2000);
    }

    [Fact]
    public void Tells_when_the_descriptors_are_used_up()
    {
        Assert.Null(new DescriptorBudget(1_000_000, 0, 1, 1, 1).Shortage());
        Assert.Contains("of 1 file descriptors", new DescriptorBudget(1, 0, 1, 1, 1).Shortage());
    }

    private static GatewayOptions Options(int calls)
    {
        var json = """
            {
              "node": { "maxCalls": CALLS },
              "whatsApp": { "appSecrets": ["s"], "verifyToken": "v" },
              "sip": { "listen": ["udp:127.0.0.1:5060"], "trunks": [{ "name": "main", "server": "127.0.0.1" }] },
              "channels": [{ "phoneNumberId": "100", "number": "15550000", "accessToken": "t", "trunks": ["main"] }],
              "storage": { "postgres": "p", "redis": "r" }
            }
            """.Replace("CALLS", calls.ToString());
        Assert.True(GatewayOptionsReader.TryRead(json, out var options, out _));
        return options;
    }
}
