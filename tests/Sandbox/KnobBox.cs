namespace Sandbox;

/// <summary>The current knobs; the control API changes them while calls run.</summary>
public sealed class KnobBox
{
    private Knobs _current = new();
    private int _badSignatures;

    public Knobs Current
    {
        get => Volatile.Read(ref _current);
        set
        {
            Volatile.Write(ref _current, value);
            Volatile.Write(ref _badSignatures, value.BadSignatures);
        }
    }

    /// <summary>True for each of the deliveries that are to carry a wrong signature.</summary>
    public bool TakeBadSignature() => Volatile.Read(ref _badSignatures) > 0 && Interlocked.Decrement(ref _badSignatures) >= 0;
}
