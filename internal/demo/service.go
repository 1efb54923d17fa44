package demo

import (
	"context"
	"strings"

	"stoa/internal/record"
)

// A service as residents find it: what they should know is Markdown.
type service struct {
	slug, icon, team       string
	reply, solution        int // business minutes
	name, summary, body    string
	nameES, summES, bodyES string
}

var services = []service{
	{"street-light", "lightbulb", "Streets", 480, 2400,
		"Report a street light", "A lamp that is dark, flickers or burns by day.",
		"Tell us the street and the number of the house nearest to the lamp; the plate on the post helps even more.\n\n- At crossings we repair within **2 days**, elsewhere within **10**.\n- A post that leans or shows wires is an emergency: call 555-0100 at any hour.",
		"Farola averiada", "Una farola apagada, que parpadea o que está encendida de día.",
		"Díganos la calle y el número de la casa más cercana; el número de la placa del poste ayuda aún más.\n\n- En los cruces reparamos en **2 días**, en el resto en **10**.\n- Un poste inclinado o con cables a la vista es una urgencia: llame al 555-0100 a cualquier hora."},
	{"pothole", "construction", "Streets", 480, 2400,
		"Report a pothole", "A hole in a road, a cycle path or a pavement.",
		"A photo with something for scale helps us to decide how fast we come.\n\n- Deeper than 4 cm on a road, or 2 cm on a cycle path: within **5 days**.\n- If you were hurt or your car was damaged, say so; you need not write twice.",
		"Bache en la calle", "Un agujero en la calzada, el carril bici o la acera.",
		"Una foto con algo que sirva de escala nos ayuda a decidir con qué rapidez vamos.\n\n- Más de 4 cm en la calzada, o 2 cm en un carril bici: en **5 días**.\n- Si se hizo daño o su coche sufrió daños, dígalo; no hace falta escribir dos veces."},
	{"missed-collection", "trash-2", "Waste and recycling", 240, 960,
		"Missed collection", "Your bin was not emptied on its day.",
		"Tell us within **two days** and the crew comes back. Please leave the bin at the kerb.\n\nIf the whole street was left out we know it already by noon; see the notices on this site.",
		"Recogida no realizada", "No vaciaron su contenedor el día que tocaba.",
		"Avísenos en un plazo de **dos días** y el equipo vuelve. Deje el contenedor en la acera.\n\nSi se quedó sin recoger toda la calle, lo sabemos antes del mediodía; mire los avisos de este sitio."},
	{"dumped-rubbish", "trash", "Waste and recycling", 480, 1440,
		"Report dumped rubbish", "Furniture, bags or anything else that somebody left.",
		"Say where it is and roughly how much; a photo helps. We clear it within **3 days**.\n\nDo not touch needles, oil or asbestos. You do not have to say who did it, and we never publish who told us.",
		"Basura abandonada", "Muebles, bolsas o cualquier cosa que alguien dejó.",
		"Diga dónde está y cuánto es más o menos; una foto ayuda. La retiramos en **3 días**.\n\nNo toque agujas, aceite ni amianto. No tiene que decir quién fue, y nunca publicamos quién nos avisó."},
	{"heating-allowance", "flame", "Benefits", 480, 4800,
		"Heating allowance", "Help with the winter's heating costs.",
		"Households under the income line get **240 a winter**, paid in November and January.\n\nSend the last thirteen weekly, or three monthly, payslips, the rent contract and a photo of the meter. Photos are fine as long as every corner is visible.",
		"Ayuda para la calefacción", "Ayuda con los gastos de calefacción del invierno.",
		"Los hogares por debajo del límite de ingresos reciben **240 por invierno**, que se pagan en noviembre y enero.\n\nEnvíe las últimas trece nóminas semanales, o tres mensuales, el contrato de alquiler y una foto del contador. Valen fotos si se ven todas las esquinas."},
	{"appeal", "scale", "Benefits", 480, 7200,
		"Appeal against a decision", "You think that a decision on a benefit is wrong.",
		"Write within **30 days**. Say what is wrong; you need no form and no lawyer. Somebody who did not take the first decision looks at it.\n\nNothing is taken back while an appeal is open.",
		"Recurso contra una decisión", "Cree que una decisión sobre una ayuda es incorrecta.",
		"Escriba en un plazo de **30 días**. Diga qué está mal; no necesita formulario ni abogado. Lo revisa alguien que no tomó la primera decisión.\n\nNo se reclama nada mientras el recurso está abierto."},
	{"street-party", "party-popper", "Permits", 960, 4800,
		"Street party", "Close a street for a day to celebrate with your neighbours.",
		"Ask **four weeks** before; it is free of charge and we bring the barriers the evening before.\n\nTell us the street, the day, the hours and about how many people come. Emergency vehicles must be able to pass.",
		"Fiesta en la calle", "Cerrar una calle un día para celebrar con los vecinos.",
		"Pídalo **cuatro semanas** antes; es gratis y llevamos las vallas la tarde anterior.\n\nDíganos la calle, el día, las horas y cuántas personas vienen más o menos. Los vehículos de urgencias deben poder pasar."},
	{"building-permit", "hammer", "Permits", 960, 9600,
		"Building permit", "For sheds, extensions, signs and larger works.",
		"Up to **10 square metres**, at least 2 metres from the border, no permit is needed. Above that, send the short form with a sketch.\n\nWe tell you within 5 days what is missing, and decide within 8 weeks once all papers are there.",
		"Permiso de obra", "Para cobertizos, ampliaciones, rótulos y obras mayores.",
		"Hasta **10 metros cuadrados**, a 2 metros o más del linde, no hace falta permiso. Por encima, envíe el formulario corto con un croquis.\n\nLe decimos en 5 días qué falta y decidimos en 8 semanas cuando están todos los papeles."},
	{"water-problem", "droplets", "Water", 120, 960,
		"Leak or brown water", "Water where it should not be, or not as it should be.",
		"Brown water is rust from the main: let cold water run until it is clear. It is safe.\n\nWater that comes up in the street: tell us the place and how fast it runs. If it floods a cellar, call 555-0100 at once.",
		"Fuga o agua turbia", "Agua donde no debería estar, o que no sale como debería.",
		"El agua marrón es óxido de la tubería: deje correr el agua fría hasta que salga clara. No es peligrosa.\n\nSi sale agua en la calle: díganos el lugar y con qué fuerza. Si inunda un sótano, llame enseguida al 555-0100."},
	{"water-bill", "receipt", "Water", 960, 2400,
		"Question on your water bill", "A bill that seems too high, or a reading that is wrong.",
		"Compare the readings first: black digits only, from left to right. A dripping tap costs 60 a year.\n\nSend a photo of the meter with your question; nothing has to be paid while we look.",
		"Duda sobre la factura del agua", "Una factura que parece demasiado alta o una lectura equivocada.",
		"Compare primero las lecturas: solo las cifras negras, de izquierda a derecha. Un grifo que gotea cuesta 60 al año.\n\nEnvíe una foto del contador con su pregunta; no tiene que pagar mientras lo revisamos."},
	{"housing-list", "home", "Housing", 960, 4800,
		"Housing list", "Apply for a city flat, or ask for your place on the list.",
		"Everyone who has lived here for a year and is under the income line can be on it. Your place moves with every flat given; the answer is the same everywhere.\n\nTell us when your family or your income changes: it can move you up.",
		"Lista de vivienda", "Solicitar un piso municipal o preguntar por su puesto en la lista.",
		"Puede estar en ella quien lleve un año viviendo aquí y esté por debajo del límite de ingresos. Su puesto cambia con cada piso entregado.\n\nAvísenos cuando cambie su familia o sus ingresos: puede subir de puesto."},
	{"housing-repair", "wrench", "Housing", 480, 4800,
		"Repairs in your home", "Damp, a lift that does not run, heating that stays cold.",
		"Write to the landlord first. If nothing happens in **14 days**, or the lift is out for 3, write to us: we inspect, and we can order the repair.\n\nNo heating with small children or illness in the home is an emergency: say so in the first line.",
		"Reparaciones en su vivienda", "Humedad, un ascensor que no funciona, calefacción que no calienta.",
		"Escriba primero al propietario. Si no pasa nada en **14 días**, o el ascensor lleva 3 días parado, escríbanos: inspeccionamos y podemos ordenar la reparación.\n\nSin calefacción y con niños pequeños o enfermos en casa es una urgencia: dígalo en la primera línea."},
}

// offers makes the services. Their cases go to the queue of a team.
func (c *city) offers(ctx context.Context) error {
	c.services = map[string]record.ID{}
	var drafts []record.Draft
	for i, s := range services {
		drafts = append(drafts, draft("Service__c", "Name", s.name, "Name_es__c", s.nameES, "Slug__c", s.slug, "Summary__c", s.summary, "Summary_es__c", s.summES,
			"Body__c", s.body, "Body_es__c", s.bodyES, "Icon__c", s.icon, "Queue__c", queueName(s.team), "First_Reply_Minutes__c", s.reply,
			"Solution_Minutes__c", s.solution, "Public__c", true, "Order__c", i+1))
	}
	ids, err := c.add(ctx, "services", drafts)
	for i, id := range ids {
		c.services[services[i].slug] = id
	}
	return err
}

// queueName is the developer name of a team's queue.
func queueName(team string) string { return strings.ReplaceAll(team, " ", "_") }
