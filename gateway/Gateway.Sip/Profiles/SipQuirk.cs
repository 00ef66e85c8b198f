using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Reflection;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Profiles;

/// <summary>
/// One property of <see cref="SipProfile"/> seen as a key of a profile file: its name, what it may hold, and how it is read.
/// </summary>
public sealed class SipQuirk
{
    private readonly PropertyInfo _property;

    private SipQuirk(PropertyInfo property)
    {
        _property = property;
        Name = WireName.OfName(property.Name);
    }

    /// <summary>Every quirk there is, in the record's order.</summary>
    public static IReadOnlyList<SipQuirk> All { get; } =
    [
        .. from property in typeof(SipProfile).GetProperties()
           where property.GetCustomAttribute<KeyAttribute>() is null
           select new SipQuirk(property),
    ];

    /// <summary>snake_case, as in the files.</summary>
    public string Name { get; }

    public bool IsList => _property.PropertyType.IsGenericType;

    public Type ValueType => IsList ? _property.PropertyType.GetGenericArguments()[0] : _property.PropertyType;

    /// <summary>The words that a value of a closed set may be, in kebab-case; empty for numbers, switches and headers.</summary>
    public IReadOnlyList<string> Words =>
        ValueType.IsEnum ? [.. Enum.GetNames(ValueType).Select(name => WireName.OfName(name).Replace('_', '-'))] : [];

    /// <summary>Bounds of a number; null when it has none.</summary>
    public RangeAttribute? Range => _property.GetCustomAttribute<RangeAttribute>();

    /// <summary>The only numbers allowed; empty when any within <see cref="Range"/> is.</summary>
    public IReadOnlyList<int> Numbers => [.. (_property.GetCustomAttribute<AllowedValuesAttribute>()?.Values ?? []).Cast<int>()];

    /// <summary>Null and a sentence when <paramref name="words"/> are not a value of this quirk.</summary>
    public bool TryRead(IReadOnlyList<string> words, [NotNullWhen(true)] out object? value, out string error)
    {
        value = null;
        error = $"has to be {Describe()}";
        if (IsList ? words.Count == 0 || words.Distinct().Count() != words.Count : words.Count != 1)
            return false;
        if (!IsList)
            return TryReadOne(words[0], out value);

        var list = Array.CreateInstance(ValueType, words.Count);
        for (var i = 0; i < words.Count; i++)
        {
            if (!TryReadOne(words[i], out var item))
                return false;
            list.SetValue(item, i);
        }
        value = list;
        return true;
    }

    public void Set(SipProfile profile, object value) => _property.SetValue(profile, value);

    public object? Get(SipProfile profile) => _property.GetValue(profile);

    private bool TryReadOne(string word, [NotNullWhen(true)] out object? value)
    {
        value = null;
        if (ValueType.IsEnum)
        {
            var at = Words.ToList().IndexOf(word);
            value = at < 0 ? null : Enum.GetValues(ValueType).GetValue(at);
        }
        else if (ValueType == typeof(string))
            value = HeaderLine.TryRead(word, out _) ? word : null;
        else if (ValueType == typeof(bool))
            value = word switch { "true" => true, "false" => false, _ => null };
        else if (int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            value = (Numbers.Count == 0 || Numbers.Contains(number)) && Range?.IsValid(number) != false ? number : null;
        return value is not null;
    }

    private string Describe()
    {
        var what = ValueType == typeof(bool) ? "true or false"
            : ValueType == typeof(string) ? "a header as \"Name: value\""
            : Words.Count > 0 ? $"one of {string.Join(", ", Words)}"
            : Numbers.Count > 0 ? $"one of {string.Join(", ", Numbers)}"
            : $"a number from {Range?.Minimum} to {Range?.Maximum}";
        return IsList ? $"a list without repetition, each {what}" : what;
    }
}
