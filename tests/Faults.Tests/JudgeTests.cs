using Faults.Facts;
using Faults.Judging;
using static Faults.Tests.SampleHistory;

namespace Faults.Tests;

/// <summary>The judge finds nothing in a right history, and in each falsified one exactly the rule that it breaks.</summary>
public sealed class JudgeTests
{
    /// <summary>By the rule's name: a sentence, and what it does to the facts.</summary>
    private static readonly IReadOnlyDictionary<string, (string Rule, Func<IReadOnlyList<Fact>, IEnumerable<Fact>> Falsify)> Lies =
        new Dictionary<string, (string, Func<IReadOnlyList<Fact>, IEnumerable<Fact>>)>
        {
            ["accepted twice at WhatsApp"] = (AnswerRules.Twice, facts => [.. facts, new Fact.Acted(At(2), Quiet, "accept", true)]),
            ["two phones have one call"] = (AnswerRules.Twice, facts => [.. facts, .. Leg("leg-3", "1005", Quiet, "node2", 0.2, 1, 6.1)]),
            ["an agent is in two calls"] = (AnswerRules.Busy, facts => Replace<Fact.Rang>(
                facts, rang => rang.Leg == TakenOverLeg, rang => rang with { Phone = "1000" })
                .Select(fact => fact is Fact.Released { Leg: QuietLeg } released ? released with { At = At(9.5) } : fact)),
            ["a phone goes on after the user has hung up"] = (GhostRules.Phone, facts => Replace<Fact.Released>(
                facts, released => released.Leg == QuietLeg, released => released with { At = At(70) })),
            ["a phone is never let go"] = (GhostRules.Phone, facts => facts.Where(fact => fact is not Fact.Released { Leg: QuietLeg })),
            ["WhatsApp goes on after the phone has hung up"] = (GhostRules.WhatsApp, facts => Replace<Fact.Over>(
                facts, over => over.Call == Quiet, over => over with { At = At(70) })),
            ["something is left in Redis"] = (GhostRules.Store, facts => [.. facts, new Fact.Remained(At(80), "redis", "wa:{1}:owner")]),
            ["a call is left at WhatsApp"] = (GhostRules.WhatsApp, facts => [.. facts, new Fact.Remained(At(80), "whatsapp", "wacid")]),
            ["a call has no record"] = (RecordRules.One, facts => facts.Where(fact => fact is not Fact.Recorded { Call: Quiet })
                .Where(fact => fact is not Fact.Entered { CallId: "id-" + Quiet }).Select(fact =>
                    fact is Fact.Balanced balanced ? balanced with { Balance = 100 - Price(12) } : fact)),
            ["a call has two records"] = (RecordRules.One, facts => [.. facts, new Fact.Recorded(
                At(80), "id-again", Quiet, "wacid-" + Quiet, "node_lost", null, null)]),
            ["a record is not complete"] =
                (RecordRules.One, facts => [.. facts.Where(fact => fact is not Fact.Entered { CallId: "id-" + Quiet })
                .Select(fact => fact switch
                {
                    Fact.Recorded { Call: Quiet } record => record with { Cause = null, Talk = null, Bill = null },
                    Fact.Balanced balanced => balanced with { Balance = 100 - Price(12) },
                    _ => fact,
                })]),
            ["a record of nobody's call"] = (RecordRules.One, facts => [.. facts, new Fact.Recorded(
                At(80), "id-nobody", "447900000009", null, "node_lost", null, null)]),
            ["a record says more talk than there was"] = (RecordRules.True, facts => facts.Select(fact => fact switch
            {
                Fact.Recorded { Call: Quiet } record => record with
                {
                    Talk = TimeSpan.FromSeconds(50), Bill = record.Bill! with { Pulses = 50, Price = Price(50) },
                },
                Fact.Entered { CallId: "id-" + Quiet } entry => entry with { Amount = -Price(50) },
                Fact.Balanced balanced => balanced with { Balance = 100 - Price(50) - Price(12) },
                _ => fact,
            })),
            ["an answered call is recorded as unanswered"] = (RecordRules.True, facts => facts
                .Where(fact => fact is not Fact.Entered { CallId: "id-" + Quiet }).Select(fact => fact switch
                {
                    Fact.Recorded { Call: Quiet } record => record with { Talk = null, Bill = null },
                    Fact.Balanced balanced => balanced with { Balance = 100 - Price(12) },
                    _ => fact,
                })),
            ["a call is charged twice"] = (MoneyRules.Charge, facts => [.. facts, new Fact.Entered(At(80), "id-" + Quiet, "charge", 0)]),
            ["a charge is not the record's price"] = (MoneyRules.Exact, facts => Replace<Fact.Entered>(
                facts, entry => entry.CallId == "id-" + Quiet, entry => entry with { Amount = -Price(6) })),
            ["a price is not that of the rate"] = (MoneyRules.Exact, facts => facts.Select(fact => fact switch
            {
                Fact.Recorded { Call: Quiet } record => record with { Bill = record.Bill! with { Price = 0.01m } },
                Fact.Entered { CallId: "id-" + Quiet } entry => entry with { Amount = -0.01m },
                Fact.Balanced balanced => balanced with { Balance = 100 - 0.01m - Price(12) },
                _ => fact,
            })),
            ["a balance is not the sum of the ledger"] = (MoneyRules.Exact, facts => Replace<Fact.Balanced>(
                facts, _ => true, account => account with { Balance = 99 })),
            ["money is held for nothing"] = (MoneyRules.Exact, facts => Replace<Fact.Balanced>(
                facts, _ => true, account => account with { Held = 1 })),
            ["a call that nothing happened to has a gap"] = (MediaRules.Untouched, facts => [.. facts, Gap(Quiet, CallEnd.Phone, 5, 130)]),
            ["a call goes on only after four seconds"] =
                (MediaRules.TakenOver, facts => [.. facts, Gap(TakenOver, CallEnd.User, 15, 4000)]),
            ["an index is used twice"] = (MediaRules.Index, facts => [.. facts, new Fact.Indexed(At(12), TakenOver, 5, 1050, 1050)]),
            ["nobody was answered"] = ("history", facts => facts.Where(fact => fact is not Fact.Talked)),
            ["the stores were not read"] = ("history", facts => facts.Where(fact => fact is not Fact.Balanced)),
            ["a fault was not put right"] = ("fault", facts =>
                [.. facts, new Fact.Failed(At(9), FaultKind.FailOverRedis, null, "not seen")]),
        };

    public static TheoryData<string> Falsified => [.. Lies.Keys];

    [Fact]
    public void Finds_nothing_where_everything_is_right() => Assert.Empty(Judge.Check(Make()));

    [Theory]
    [MemberData(nameof(Falsified))]
    public void Finds_the_rule_that_is_broken(string lie)
    {
        var (rule, falsify) = Lies[lie];
        IReadOnlyList<Fact> facts = [.. falsify(Make())];
        var findings = Judge.Check(facts);
        Assert.NotEmpty(findings);
        Assert.All(findings, finding => Assert.Equal(rule, finding.Rule));
    }

    [Fact]
    public void Gives_phones_time_to_let_go_of_what_another_answered() =>
        Assert.Empty(Judge.Check([.. Make(), .. Leg("leg-3", "1005", Quiet, "node2", 0.2, 1, 3)]));

    [Fact]
    public void Takes_what_the_machine_was_late_from_a_gap() =>
        Assert.Empty(Judge.Check([.. Make(), Gap(Quiet, CallEnd.Phone, 5, 190, late: 95)]));

    [Fact]
    public void Judges_no_gap_on_a_machine_that_is_overloaded() =>
        Assert.Empty(Judge.Check([.. Make(), Gap(Quiet, CallEnd.Phone, 5, 190, runnable: 4)]));

    [Fact]
    public void Expects_no_quick_takeover_where_there_is_none() => Assert.Empty(Judge.Check(
        [.. Replace<Fact.Began>(Make(), _ => true, began => began with { TakesOver = false }), Gap(TakenOver, CallEnd.User, 15, 4000)]));

    [Fact]
    public void Expects_no_quick_takeover_while_a_store_is_away() => Assert.Empty(Judge.Check(
        [.. Make(), new Fact.Disturbed(At(12), At(10.5), FaultKind.CutRedis, "node3"), Gap(TakenOver, CallEnd.User, 15, 4000)]));

    [Fact]
    public void Expects_no_record_of_an_offer_that_died_with_its_node_while_a_store_was_away() => Assert.Empty(Judge.Check(
        [.. Make(), .. AnsweredBy("node1"), new Fact.Disturbed(At(10.5), At(9.5), FaultKind.CutPostgres, "node1")]));

    /// <summary>The node had the store back for 1.5 s, or for 2.5.</summary>
    [Theory]
    [InlineData(FaultKind.KillEmpty, 0)]
    [InlineData(FaultKind.Kill, 1)]
    public void Expects_no_record_that_was_on_a_disk_alone_which_was_emptied(FaultKind kill, int findings)
    {
        Fact[] facts = [.. Make(), .. AnsweredBy("node2"), new Fact.Disturbed(At(12), At(9), FaultKind.RestartPostgres, null)];
        Assert.Equal(findings, Judge.Check([.. facts, new Fact.Disturbed(At(15), At(13.5), kill, "node2")]).Count);
        Assert.Single(Judge.Check([.. facts, new Fact.Disturbed(At(17), At(14.5), kill, "node2")]));
    }

    [Fact]
    public void A_phone_that_nobody_acknowledged_is_in_no_call()
    {
        Fact[] other = [.. Make(), .. Leg("leg-late", "1001", Quiet, "node2", 9, 10, 38)];
        Assert.Contains(Judge.Check(other), finding => finding.Rule == AnswerRules.Busy);
        Assert.DoesNotContain(
            Judge.Check([.. Replace<Fact.Released>(
                other, released => released.Leg == "leg-late", released => released with { By = Fact.Released.Unacknowledged })]),
            finding => finding.Rule == AnswerRules.Busy);
    }

    [Fact]
    public void Expects_a_record_of_an_offer_that_a_living_node_took() => Assert.Equal(
        RecordRules.One, Assert.Single(Judge.Check([.. Make(), .. AnsweredBy("node2")])).Rule);

    [Fact]
    public void Expects_a_record_of_an_offer_that_a_node_answered_for_before_it_was_killed() => Assert.Equal(
        RecordRules.One, Assert.Single(Judge.Check([.. Make(), .. AnsweredBy("node1")])).Rule);

    [Fact]
    public void Expects_no_true_length_of_a_call_whose_end_died_with_a_node_while_a_store_was_away()
    {
        var facts = Lies["a record says more talk than there was"].Falsify(Make()).ToArray();
        var end = new Fact.Delivered(At(9.9), "wacid-" + Quiet, "terminate", "node1", 200);
        Assert.Empty(Judge.Check([.. facts, end, new Fact.Disturbed(At(10.5), At(9.5), FaultKind.CutRedis, "node1")]));
        Assert.NotEmpty(Judge.Check([.. facts, end]));
        Assert.NotEmpty(Judge.Check([.. facts, new Fact.Delivered(At(9.9), "wacid-" + Quiet, "terminate", "node2", 200)]));
    }

    [Fact]
    public void Expects_one_record_at_most_of_a_call_that_a_phone_dialled_and_that_never_reached_WhatsApp()
    {
        Fact[] facts = [.. Make(), new Fact.Dialled(At(9), "447900000004"), Refused("a")];
        Assert.Empty(Judge.Check(facts));
        Assert.Equal(RecordRules.One, Assert.Single(Judge.Check([.. facts, Refused("b")])).Rule);

        static Fact Refused(string id) => new Fact.Recorded(At(80), id, "447900000004", null, "storage_unavailable", null, null);
    }

    /// <summary>A call to a user: the news of the pick-up comes to a node while it goes on, or when it is over.</summary>
    [Theory]
    [InlineData(4.9, 1)]
    [InlineData(6.1, 0)]
    public void Expects_no_answered_record_of_a_pick_up_that_no_node_was_told_of_in_time(double told, int findings)
    {
        var facts = Lies["an answered call is recorded as unanswered"].Falsify(Make()).Select(fact => fact switch
        {
            Fact.Delivered { WhatsAppId: "wacid-" + Quiet } answer => answer with { At = At(told) },
            Fact.Acted { Call: Quiet, Action: "accept" } accept => accept with { Action = "connect" },
            _ => fact,
        });
        Assert.Equal(findings, Judge.Check([.. facts]).Count(finding => finding.Rule == RecordRules.True));
    }

    [Fact]
    public void Reads_a_history_as_it_was_written()
    {
        var facts = Make();
        var again = HistoryFile.Read(facts.Select(HistoryFile.Write));
        Assert.Equal(facts.Select(HistoryFile.Write), again.Select(HistoryFile.Write));
        Assert.Empty(Judge.Check(again));
    }

    private static IEnumerable<Fact> Leg(
        string leg, string phone, string call, string node, double rang, double pickedUp, double released) =>
        [new Fact.Rang(
            At(rang), leg, phone, call, node), new Fact.PickedUp(At(pickedUp), leg), new Fact.Released(At(released), leg, "BYE")];

    private static IEnumerable<Fact> Replace<T>(IEnumerable<Fact> facts, Func<T, bool> which, Func<T, Fact> by) where T : Fact =>
        facts.Select(fact => fact is T one && which(one) ? by(one) : fact);

    /// <summary>An offer that a node answers for just before the first node is killed, and nothing more of it.</summary>
    private static IEnumerable<Fact> AnsweredBy(string node) =>
        [new Fact.Offered(At(9), "447900000003", "wacid-3"), new Fact.Delivered(At(9.9), "wacid-3", "connect", node, 200)];
}
