package hostapp

// business is what Northwind would know of a customer's trade; made up, so that the portal has a product around it.
type business struct {
	Figures []figure
	Orders  []order
	Shops   []shop
}

type figure struct{ Label, Value, Change string }

type order struct{ Number, Shop, Placed, Total, State string }

type shop struct{ Name, City, Contact, Since string }

// businessOf returns a demo customer's trade, and nothing for one that has just registered.
func businessOf(c *customer) business {
	switch c.ID {
	case "org_1234":
		return business{
			Figures: []figure{{"Orders this week", "128", "12 more than last week"}, {"Open deals", "37", "worth $ 412,000"}, {"Shops served", "214", "3 new this month"}},
			Orders: []order{
				{"NW-20418", "Alfreds Futterkiste", "Today, 09:12", "$ 1,284.00", "Packed"},
				{"NW-20417", "Blauer See Delikatessen", "Today, 08:40", "$ 402.50", "Paid"},
				{"NW-20416", "Island Trading", "Yesterday", "$ 3,910.20", "Shipped"},
				{"NW-20415", "The Big Cheese", "Yesterday", "$ 228.75", "Shipped"},
			},
			Shops: []shop{
				{"Alfreds Futterkiste", "Berlin", "Maria Anders", "2021"}, {"Blauer See Delikatessen", "Mannheim", "Hanna Moos", "2022"},
				{"Island Trading", "Cowes", "Helen Bennett", "2019"}, {"The Big Cheese", "Portland", "Liz Nixon", "2024"},
			},
		}
	case "org_1235":
		return business{
			Figures: []figure{{"Orders this week", "46", "as many as last week"}, {"Open deals", "9", "worth € 58,300"}, {"Shops served", "31", "1 new this month"}},
			Orders: []order{
				{"CO-3307", "Frankenversand", "Today, 10:05", "€ 640.00", "Paid"},
				{"CO-3306", "Toms Spezialitäten", "Monday", "€ 1,120.90", "Shipped"},
			},
			Shops: []shop{{"Frankenversand", "München", "Peter Franken", "2023"}, {"Toms Spezialitäten", "Münster", "Karin Josephs", "2025"}},
		}
	}
	return business{}
}
