using Gateway.Sip.Dialogs;
using Gateway.Sip.Messages;
using Gateway.Sip.Transactions;

namespace Gateway.Sip.Tests.Dialogs;

/// <summary>More requests than the transaction table holds (1,000 of each kind here): a request that ends a call always passes.</summary>
public class OverloadTests
{
    [Theory]
    [InlineData("OPTIONS")]
    [InlineData("INVITE")]
    [InlineData("REGISTER")]
    [InlineData("NOTIFY")]
    [InlineData("CANCEL")]
    public void The_bye_of_a_live_call_is_answered_under_a_flood_of_new_requests(string method)
    {
        var (bench, gateway, pbx, call, tag) = RenegotiationTests.WithScriptedPeer();
        Flood(bench, gateway, pbx, method, null);
        pbx.Request(gateway.Address, "BYE", "c1", 2, "peer", tag);
        bench.Run();
        Assert.Equal((200, "BYE"), (pbx.LastResponse.StatusCode, pbx.LastResponse.CSeq.Method.Name));
        Assert.Equal(SipCallEnd.Remote, gateway.Last<SipCallEvent.Ended>(call)!.By);
    }

    [Theory]
    [InlineData("OPTIONS")]
    [InlineData("INFO")]
    [InlineData("UPDATE")]
    [InlineData("INVITE")]
    public void A_flood_inside_one_call_keeps_no_call_from_ending(string method)
    {
        var (bench, gateway, pbx, call, tag) = RenegotiationTests.WithScriptedPeer();
        Flood(bench, gateway, pbx, method, tag);
        pbx.Request(gateway.Address, "BYE", "c1", 5000, "peer", tag);
        bench.Run();
        Assert.Equal(1, bench.CountOf(200, "BYE"));
        Assert.True(call.IsOver);
    }

    [Theory]
    [InlineData("OPTIONS", 200)]
    [InlineData("BYE", 481)]
    [InlineData("INFO", 481)]
    [InlineData("UPDATE", 481)]
    [InlineData("MESSAGE", 405)]
    public void What_leaves_nothing_behind_is_answered_without_a_transaction_and_alike_each_time(string method, int status)
    {
        var (bench, gateway, pbx, _, _) = RenegotiationTests.WithScriptedPeer();
        var before = gateway.Agent.Layer.Servers.Count;
        for (var i = 0; i < 3; i++)
            pbx.Request(gateway.Address, method, "other", 9, "peer", method == "OPTIONS" || method == "MESSAGE" ? null : "gone");
        bench.Run();
        var answers = pbx.Inbox.OfType<SipResponse>().TakeLast(3).ToArray();
        Assert.All(answers, answer => Assert.Equal(status, answer.StatusCode));
        Assert.Single(answers.Select(answer => answer.ToTag).Distinct());
        Assert.Equal(before, gateway.Agent.Layer.Servers.Count);
    }

    [Fact]
    public void New_calls_beyond_the_table_are_told_when_to_come_again_and_cost_nothing()
    {
        var (bench, gateway, pbx, call, _) = RenegotiationTests.WithScriptedPeer();
        Flood(bench, gateway, pbx, "INVITE", null);
        var refusal = pbx.LastResponse;
        Assert.Equal((503, "30"), (refusal.StatusCode, refusal.Headers["Retry-After"]));
        Assert.True(gateway.Transactions.CountOf(SipDrop.Overload) > 0);
        Assert.True(gateway.Agent.Layer.Servers.Count < 1200);
        Assert.False(call.IsOver);
    }

    [Fact]
    public void The_cancel_of_an_invite_passes_under_a_flood()
    {
        var (bench, gateway, pbx, _, _) = RenegotiationTests.WithScriptedPeer();
        var invite = pbx.Request(gateway.Address, "INVITE", "c2", 1, "peer", null, "offer");
        bench.Run();
        Flood(bench, gateway, pbx, "INVITE", null);
        var cancel = new SipRequest(SipMethod.Cancel, invite.Uri);
        foreach (var name in (string[])["Via", "From", "To", "Call-ID"])
            cancel.Headers.Add(name, invite.Headers[name]!);
        cancel.Headers.Add("CSeq", "1 CANCEL");
        bench.Send(pbx.Address, gateway.Address, SipWriter.Write(cancel));
        bench.Run();
        Assert.Equal(1, bench.CountOf(200, "CANCEL"));
        Assert.True(gateway.Incoming[1].IsOver);
    }

    /// <summary>2,000 requests within two seconds, each a transaction of its own.</summary>
    private static void Flood(SipBench bench, TestAgent gateway, ScriptedPeer pbx, string method, string? tag)
    {
        for (var i = 0; i < 2000; i++)
        {
            pbx.Request(gateway.Address, method, tag is null ? $"flood{i}" : "c1", (uint)(i + 2), "peer", tag, branch: $"z9hG4bKflood{i}");
            if (i % 100 == 0)
                bench.Run();
        }
        bench.Run();
    }
}
