using System.Runtime.CompilerServices;

namespace Media.Protocols.Primitives;

/// <summary>
/// The deadlines of one state machine, by name: a member of <typeparamref name="T"/> for each thing that it waits for. It answers when the
/// machine wants to be called next and what for. One owner; no call allocates.
/// </summary>
/// <typeparam name="T">The names: an enum of int with the values 0, 1, 2 … and no other.</typeparam>
public sealed class DeadlineTable<T>
    where T : struct, Enum
{
    private static readonly T[] Names = Enum.GetValues<T>();

    private readonly Instant[] _at = new Instant[Names.Length];

    public DeadlineTable() => Clear();

    /// <summary>The time at which this is due; <see cref="Instant.Never"/>: it is not waited for.</summary>
    public Instant this[T name]
    {
        get => _at[IndexOf(name)];
        set => _at[IndexOf(name)] = value;
    }

    /// <summary>The earliest deadline; <see cref="Instant.Never"/>: nothing is waited for.</summary>
    public Instant Next
    {
        get
        {
            var next = Instant.Never;
            foreach (var at in _at)
                next = Instant.Min(next, at);
            return next;
        }
    }

    /// <summary>
    /// The name that is due first; of several at one time the first in the order of the names. Null: nothing is waited for.
    /// </summary>
    public T? NextName
    {
        get
        {
            var next = Next;
            return next == Instant.Never ? null : Names[Array.IndexOf(_at, next)];
        }
    }

    public bool IsSet(T name) => this[name] != Instant.Never;

    /// <summary>Its time has come.</summary>
    public bool IsDue(T name, Instant now) => this[name] <= now;

    /// <summary>Its time has come: true once, it is not waited for any longer.</summary>
    public bool TryTakeDue(T name, Instant now)
    {
        if (!IsDue(name, now))
            return false;
        Clear(name);
        return true;
    }

    public void Clear(T name) => this[name] = Instant.Never;

    /// <summary>Nothing is waited for any longer.</summary>
    public void Clear() => Array.Fill(_at, Instant.Never);

    /// <summary>The deadlines that are waited for, the earliest first; for the debugger and for messages of tests.</summary>
    public override string ToString() =>
        string.Join(", ", Names.Where(IsSet).OrderBy(name => this[name]).Select(name => $"{name} {this[name]}"));

    private static int IndexOf(T name) => Unsafe.BitCast<T, int>(name);
}
