using Gateway.Worker.Calls;
using Gateway.Worker.Configuration;
using Media.Engine;
using Media.Engine.Loop;

namespace Gateway.Worker.Tests.Calls;

/// <summary>How many attempts a node takes on while their admission is slow.</summary>
public sealed class NodeCapacityTests
{
    private static readonly DescriptorBudget Budget = new(
        Limit: 100_000, Need: 10_000, Calls: 1000, SipConnections: 100, HttpConnections: 100);

    [Fact]
    public void No_more_than_a_hundred_attempts_wait_for_admission()
    {
        var capacity = new NodeCapacity(Budget, new MediaEngine(new MediaEngineOptions(), TimeProvider.System), TimeProvider.System);
        for (var i = 0; i < NodeCapacity.MaxUnadmitted; i++)
        {
            Assert.True(capacity.HasRoomForAttempt);
            capacity.Enter();
        }

        Assert.False(capacity.HasRoomForAttempt);

        capacity.Admit();
        Assert.True(capacity.HasRoomForAttempt);
        capacity.Leave(wasAdmitted: true);
        capacity.Enter();
        Assert.False(capacity.HasRoomForAttempt);
        capacity.Leave(wasAdmitted: false);
        Assert.True(capacity.HasRoomForAttempt);
    }

    [Fact]
    public void Admitted_calls_leave_room_up_to_the_limit_of_attempts()
    {
        var capacity = new NodeCapacity(Budget, new MediaEngine(new MediaEngineOptions(), TimeProvider.System), TimeProvider.System);
        for (var i = 0; i < Budget.Attempts; i++)
        {
            Assert.True(capacity.HasRoomForAttempt);
            capacity.Enter();
            capacity.Admit();
        }
        Assert.False(capacity.HasRoomForAttempt);
    }
}
