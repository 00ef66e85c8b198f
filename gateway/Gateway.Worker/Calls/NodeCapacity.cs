using Gateway.Calls;
using Gateway.Worker.Configuration;
using Media.Engine.Loop;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Calls;

/// <summary>
/// Decides whether this node has room for a call: its configured capacity, or what its file descriptors allow, the time that its media
/// loops have left, and draining. Thread-safe.
/// </summary>
internal sealed class NodeCapacity(DescriptorBudget budget, MediaEngine media, TimeProvider time)
{
    /// <summary>
    /// Attempts that wait for their admission or, refused, for the end of their record: a second's worth at the usual maxCallRate. Where
    /// they take longer the node has more than it can do, and what live calls need would wait in line behind each further one.
    /// </summary>
    public const int MaxUnadmitted = 100;

    private readonly AdmissionGate _gate = new(2 * Environment.ProcessorCount, () => media.IsBehind, new InstantClock(time));
    private int _activeCalls;
    private int _unadmitted;

    /// <summary>The file descriptors that the configuration may need, and those that there are.</summary>
    public DescriptorBudget Budget { get; set; } = budget;

    /// <summary>True from the end of start until a stop was asked for.</summary>
    public bool IsReady { get; set; }

    /// <summary>Set once, when a stop was asked for.</summary>
    public bool IsDraining { get; set; }

    public int ActiveCalls => Volatile.Read(ref _activeCalls);

    /// <summary>
    /// False: so many attempts are in progress, or wait for admission, that another one is not even recorded. A refused call counts until
    /// its record is written, which takes long where a store is slow: without this a PBX could pile them up without end.
    /// </summary>
    public bool HasRoomForAttempt => ActiveCalls < Budget.Attempts && Volatile.Read(ref _unadmitted) < MaxUnadmitted;

    /// <summary>True where a user's call that came now would not be refused.</summary>
    public bool HasRoom => IsReady && !IsDraining && ActiveCalls < Budget.Calls && media.HasHeadroom && _gate.IsClear;

    /// <summary>Counts a call loop in, whether there is room for it or not: a refused call is a call too, until it has ended.</summary>
    public void Enter()
    {
        Interlocked.Increment(ref _activeCalls);
        Interlocked.Increment(ref _unadmitted);
    }

    /// <summary>Completes when the admission of a call may begin. False: it is one too many; else <see cref="EndAdmission"/> follows.
    /// </summary>
    public Task<bool> BeginAdmissionAsync() => _gate.EnterAsync();

    /// <summary>The call is admitted, or refused.</summary>
    public void EndAdmission() => _gate.Leave();

    /// <summary>A call that was counted in is admitted.</summary>
    public void Admit() => Interlocked.Decrement(ref _unadmitted);

    /// <param name="wasAdmitted"><see cref="Admit"/> was called for it.</param>
    public void Leave(bool wasAdmitted)
    {
        Interlocked.Decrement(ref _activeCalls);
        if (!wasAdmitted)
            Interlocked.Decrement(ref _unadmitted);
    }

    /// <summary>
    /// Null where a call that was counted in may go on. Asked once a call, when it begins: what live calls need besides (a transfer, the
    /// phone of whom the agent asks) is not refused.
    /// </summary>
    public HangupCause? Refusal()
    {
        if (IsDraining)
            return HangupCause.Draining;
        return ActiveCalls > Budget.Calls || !media.HasHeadroom ? HangupCause.NoCapacity : null;
    }
}
