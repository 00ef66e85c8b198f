using Gateway.Sip.Transactions;
using Media.Protocols.Primitives;
using Testing;
using static Gateway.Sip.Transactions.TransactionActions;
using static Gateway.Sip.Transactions.TransactionInput;

namespace Gateway.Sip.Tests.Transactions;

public class TransactionMachineTests
{
    private readonly VirtualClock _clock = new();

    [Fact]
    public void Repeats_an_unanswered_invite_at_doubling_intervals_and_gives_up_after_64_T1()
    {
        var machine = new InviteClientTransaction(TransactionTimers.Default, isReliable: false);
        Assert.Equal(Transmit, machine.Handle(Start, _clock.Now));

        Assert.Equal([500, 1500, 3500, 7500, 15500, 31500], MillisecondsOf(Transmit, machine, out var last, out var lastAt));
        Assert.Equal(ReportTimeout | Forget, last);
        Assert.Equal(32000, lastAt);
    }

    [Fact]
    public void Repeats_any_other_request_at_intervals_capped_by_T2()
    {
        var machine = new NonInviteClientTransaction(TransactionTimers.Default, isReliable: false);
        machine.Handle(Start, _clock.Now);

        Assert.Equal(
            [500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500], MillisecondsOf(Transmit, machine, out var last, out _));
        Assert.Equal(ReportTimeout | Forget, last);
    }

    [Fact]
    public void Never_repeats_over_a_reliable_transport()
    {
        foreach (TransactionMachine machine in (TransactionMachine[])
            [new InviteClientTransaction(TransactionTimers.Default, true), new NonInviteClientTransaction(TransactionTimers.Default, true)])
        {
            machine.Handle(Start, _clock.Now);
            Assert.Empty(MillisecondsOf(Transmit, machine, out var last, out _));
            Assert.Equal(ReportTimeout | Forget, last);
        }
    }

    [Fact]
    public void Leaves_a_silent_server_after_a_shortened_timer_B()
    {
        var machine = new InviteClientTransaction(new TransactionTimers { RequestTimeout = TimeSpan.FromSeconds(4) }, isReliable: false);
        machine.Handle(Start, _clock.Now);
        MillisecondsOf(Transmit, machine, out var last, out var lastAt);
        Assert.Equal(ReportTimeout | Forget, last);
        Assert.Equal(4000, lastAt);
    }

    [Fact]
    public void A_provisional_response_stops_timers_A_and_B()
    {
        var machine = new InviteClientTransaction(TransactionTimers.Default, isReliable: false);
        machine.Handle(Start, _clock.Now);
        Assert.Equal(Deliver, machine.Handle(Provisional, _clock.Now));
        Assert.Equal(Instant.Never, machine.NextDeadline);
    }

    [Fact]
    public void Acknowledges_a_failure_as_often_as_it_comes_but_delivers_it_once()
    {
        var machine = new InviteClientTransaction(TransactionTimers.Default, isReliable: false);
        machine.Handle(Start, _clock.Now);
        Assert.Equal(SendAck | Deliver, machine.Handle(Failure, _clock.Now));
        Assert.Equal(SendAck, machine.Handle(Failure, _clock.Now));
        Assert.Equal(None, machine.Handle(Success, _clock.Now));
        Assert.Equal(Forget, machine.HandleDeadline(_clock.Advance(TimeSpan.FromSeconds(32))));
    }

    [Fact]
    public void Delivers_every_success_while_accepted()
    {
        var machine = new InviteClientTransaction(TransactionTimers.Default, isReliable: false);
        machine.Handle(Start, _clock.Now);
        Assert.Equal(Deliver, machine.Handle(Success, _clock.Now));
        Assert.Equal(Deliver, machine.Handle(Success, _clock.Now));
        Assert.Equal(None, machine.Handle(Failure, _clock.Now));
        Assert.Equal(TransactionState.Accepted, machine.State);
        Assert.Equal(Forget, machine.HandleDeadline(_clock.Advance(TimeSpan.FromSeconds(32))));
    }

    [Fact]
    public void Says_trying_after_200_ms_unless_the_user_answered()
    {
        var silent = new InviteServerTransaction(TransactionTimers.Default, isReliable: true);
        silent.Handle(Start, _clock.Now);
        Assert.Equal(None, silent.Handle(RequestAgain, _clock.Now));
        Assert.Equal(SendTrying, silent.HandleDeadline(_clock.Advance(TimeSpan.FromMilliseconds(200))));
        Assert.Equal(Transmit, silent.Handle(RequestAgain, _clock.Now));

        var answered = new InviteServerTransaction(TransactionTimers.Default, isReliable: true);
        answered.Handle(Start, _clock.Now);
        Assert.Equal(Transmit, answered.Handle(Provisional, _clock.Now));
        Assert.Equal(Instant.Never, answered.NextDeadline);
    }

    [Fact]
    public void Repeats_a_failure_until_its_ack_and_then_absorbs_late_acks()
    {
        var machine = new InviteServerTransaction(TransactionTimers.Default, isReliable: false);
        machine.Handle(Start, _clock.Now);
        Assert.Equal(Transmit, machine.Handle(Failure, _clock.Now));
        Assert.Equal(Transmit, machine.HandleDeadline(_clock.Advance(TimeSpan.FromMilliseconds(500))));
        Assert.Equal(Transmit, machine.Handle(RequestAgain, _clock.Now));
        Assert.Equal(None, machine.Handle(Ack, _clock.Now));
        Assert.Equal(TransactionState.Confirmed, machine.State);
        Assert.Equal(None, machine.Handle(Ack, _clock.Now));
        Assert.Equal(Forget, machine.HandleDeadline(_clock.Advance(TimeSpan.FromSeconds(5))));
    }

    [Fact]
    public void Reports_a_failure_that_is_never_acknowledged()
    {
        var machine = new InviteServerTransaction(TransactionTimers.Default, isReliable: false);
        machine.Handle(Start, _clock.Now);
        machine.Handle(Failure, _clock.Now);
        Assert.Equal(
            [500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500], MillisecondsOf(Transmit, machine, out var last, out _));
        Assert.Equal(ReportTimeout | Forget, last);
    }

    [Fact]
    public void Absorbs_a_repeated_invite_after_success()
    {
        var machine = new InviteServerTransaction(TransactionTimers.Default, isReliable: false);
        machine.Handle(Start, _clock.Now);
        Assert.Equal(Transmit, machine.Handle(Success, _clock.Now));
        Assert.Equal(None, machine.Handle(RequestAgain, _clock.Now));
        Assert.Equal(Transmit, machine.Handle(Success, _clock.Now));
        Assert.Equal(Forget, machine.HandleDeadline(_clock.Advance(TimeSpan.FromSeconds(32))));
    }

    [Fact]
    public void Answers_a_repeated_request_with_its_last_response()
    {
        var machine = new NonInviteServerTransaction(TransactionTimers.Default, isReliable: false);
        machine.Handle(Start, _clock.Now);
        Assert.Equal(None, machine.Handle(RequestAgain, _clock.Now));
        Assert.Equal(Transmit, machine.Handle(Success, _clock.Now));
        Assert.Equal(Transmit, machine.Handle(RequestAgain, _clock.Now));
        Assert.Equal(Forget, machine.HandleDeadline(_clock.Advance(TimeSpan.FromSeconds(32))));
    }

    [Fact]
    public void Forgets_at_once_over_a_reliable_transport()
    {
        var server = new NonInviteServerTransaction(TransactionTimers.Default, isReliable: true);
        server.Handle(Start, _clock.Now);
        Assert.Equal(Transmit | Forget, server.Handle(Failure, _clock.Now));

        var client = new InviteClientTransaction(TransactionTimers.Default, isReliable: true);
        client.Handle(Start, _clock.Now);
        Assert.Equal(SendAck | Deliver | Forget, client.Handle(Failure, _clock.Now));
    }

    [Fact]
    public void No_sequence_of_inputs_leaves_a_terminated_machine_with_a_deadline()
    {
        var entropy = new SeededEntropy(7);
        var inputs = Enum.GetValues<TransactionInput>();
        for (var run = 0; run < 2000; run++)
        {
            TransactionMachine[] machines =
            [
                new InviteClientTransaction(TransactionTimers.Default, run % 2 == 0),
                new NonInviteClientTransaction(TransactionTimers.Default, run % 2 == 0),
                new InviteServerTransaction(TransactionTimers.Default, run % 2 == 0),
                new NonInviteServerTransaction(TransactionTimers.Default, run % 2 == 0),
            ];
            foreach (var machine in machines)
            {
                machine.Handle(Start, _clock.Now);
                for (var step = 0; step < 12; step++)
                {
                    var before = machine.State;
                    var actions = machine.Handle(inputs[entropy.NextUInt32() % inputs.Length], _clock.Now);
                    if (before == TransactionState.Terminated)
                        Assert.Equal(None, actions);
                    Assert.Equal(
                        machine.State == TransactionState.Terminated && before != TransactionState.Terminated, actions.HasFlag(Forget));
                    if (machine.State == TransactionState.Terminated)
                        Assert.Equal(Instant.Never, machine.NextDeadline);
                }
            }
        }
    }

    /// <summary>Runs all deadlines of a machine; returns the offsets of <paramref name="wanted"/> and the last action.</summary>
    private List<int> MillisecondsOf(TransactionActions wanted, TransactionMachine machine, out TransactionActions last, out int lastAt)
    {
        var start = _clock.Now;
        var offsets = new List<int>();
        last = None;
        while (machine.NextDeadline != Instant.Never)
        {
            _clock.AdvanceTo(machine.NextDeadline);
            last = machine.HandleDeadline(_clock.Now);
            if (last.HasFlag(wanted))
                offsets.Add((int)(_clock.Now - start).TotalMilliseconds);
        }
        lastAt = (int)(_clock.Now - start).TotalMilliseconds;
        return offsets;
    }
}
