using Gateway.Worker.Calls;
using Media.Protocols.Primitives;
using Testing;

namespace Gateway.Worker.Tests.Calls;

/// <summary>How many calls are in their admission at a time.</summary>
public sealed class AdmissionGateTests
{
    private const int AtOnce = 2;

    private readonly SteppedTime _time = new();
    private readonly AdmissionGate _gate;
    private bool _isBehind;

    public AdmissionGateTests() => _gate = new AdmissionGate(AtOnce, () => _isBehind, new InstantClock(_time));

    [Fact]
    public void While_no_work_waits_nobody_does()
    {
        Assert.All(Enumerable.Range(0, 100), _ => Assert.True(HasEntered(_gate.EnterAsync())));
        Assert.True(_gate.IsClear);
    }

    [Fact]
    public async Task While_work_waits_one_enters_when_another_leaves_in_the_order_they_came()
    {
        FillWhileWorkWaits();
        var (third, fourth) = (_gate.EnterAsync(), _gate.EnterAsync());
        Assert.False(third.IsCompleted);
        Assert.False(_gate.IsClear);

        _gate.Leave();
        Assert.True(await third);
        Assert.False(fourth.IsCompleted);
        _gate.Leave();
        Assert.True(await fourth);
        Assert.True(_gate.IsClear);
    }

    [Fact]
    public async Task Whoever_has_stood_in_line_for_too_long_is_refused_and_the_next_enters()
    {
        FillWhileWorkWaits();
        var late = _gate.EnterAsync();
        _time.Pass(AdmissionGate.LongestWait + TimeSpan.FromMilliseconds(1));
        var next = _gate.EnterAsync();
        Assert.False(await late); // a newcomer is looked at with all before it

        Assert.False(next.IsCompleted);
        _gate.Leave();
        Assert.True(await next);
    }

    [Fact]
    public async Task When_no_work_waits_any_more_all_in_line_enter()
    {
        FillWhileWorkWaits();
        Task<bool>[] line = [_gate.EnterAsync(), _gate.EnterAsync(), _gate.EnterAsync()];
        _isBehind = false;
        _gate.Leave();
        Assert.DoesNotContain(false, await Task.WhenAll(line));
    }

    private void FillWhileWorkWaits()
    {
        _isBehind = true;
        Assert.All(Enumerable.Range(0, AtOnce), _ => Assert.True(HasEntered(_gate.EnterAsync())));
    }

    private static bool HasEntered(Task<bool> turn) => turn is { IsCompletedSuccessfully: true, Result: true };
}
